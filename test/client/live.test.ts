import http from 'node:http'
import t, { type Test } from 'tap'
import {
  type FollowOptions,
  followLive,
  LIVE_EVENT_KINDS,
  type LiveEvent,
  type LiveState
} from '../../src/client/live.js'
import { LIVE_KINDS } from '../../src/live/readers.js'
import { eventually } from '../support/eventually.js'
import { listenOnLoopback } from '../support/http-server.js'

t.test('the client knows every kind of event that the server sends', async t => {
  t.strictSame(LIVE_EVENT_KINDS, LIVE_KINDS)
})

t.test('a feed begins with a reset, and delivers changed, deleted and dropped objects', async t => {
  const server = await sseServer(t)
  const { events, states, feed } = follow(t, server.url, {
    key: 'secret',
    kinds: ['call', 'gap'],
    accounts: ['a', 'b']
  })
  const stream = await server.next()
  t.equal(stream.url, '/v1/live?account=a&account=b&kinds=call%2Cgap')
  t.equal(stream.headers.authorization, 'Bearer secret')
  t.equal(feed.lastEventId(), null)
  stream.send('id: 7\nevent: call\ndata: {"revision":7,"object":{"id":"c"}}\n\n')
  stream.send('id: 8\nevent: call\ndata: {"revision":8,"object":null,"account":"a","id":"c"}\n\n')
  stream.send('id: 9\nevent: reset\ndata: {"revision":9}\n\n')
  stream.send('event: dropped\ndata: {"code":"MCS_SLOW_CLIENT","message":"too slow"}\n\n')
  await eventually('all events are delivered', () => events.length === 5)
  t.strictSame(events, [
    { type: 'reset' },
    { type: 'changed', kind: 'call', revision: 7, object: { id: 'c' } },
    { type: 'deleted', kind: 'call', revision: 8, account: 'a', id: 'c' },
    { type: 'reset' },
    { type: 'dropped', code: 'MCS_SLOW_CLIENT', message: 'too slow' }
  ])
  t.equal(feed.lastEventId(), '9')
  t.equal(feed.state(), 'open')
  feed.close()
  feed.close()
  t.strictSame(states, ['open', 'closed'])
  await stream.closed
})

t.test('a feed continues after the last event when the connection was lost or the server rejected it', async t => {
  const server = await sseServer(t)
  const { events, states, feed } = follow(t, server.url, { lastEventId: '5' })
  const first = await server.next()
  t.equal(first.url, '/v1/live?lastEventId=5')
  first.send('retry: 10\nid: 6\nevent: agent\ndata: {"revision":6,"object":{"extension":"101"}}\n\n')
  await eventually('the event is delivered', () => events.length === 1)
  server.refuseNext(503)
  first.end()
  const second = await server.next()
  t.equal(second.url, '/v1/live?lastEventId=6', 'a new source after the rejection')
  await eventually('the feed is open again', () => feed.state() === 'open')
  t.strictSame(states, ['open', 'connecting', 'waiting', 'connecting', 'open'])
  second.send('retry: 10\nid: 7\nevent: agent\ndata: {"revision":7,"object":{"extension":"102"}}\n\n')
  await eventually('the event is delivered', () => events.length === 2)
  second.end()
  const third = await server.next()
  t.equal(third.headers['last-event-id'], '7', 'the same source after a lost connection')
  await eventually('the feed is open again', () => feed.state() === 'open')
  t.notOk(
    events.some(event => event.type === 'reset'),
    'nothing was missed'
  )
})

t.test('a feed that lost its connection before the first event is reset', async t => {
  const server = await sseServer(t)
  const { events, feed } = follow(t, server.url)
  const first = await server.next()
  await eventually('the feed is open', () => feed.state() === 'open')
  first.send('retry: 10\n\n')
  first.end()
  await server.next()
  await eventually('the feed is reset', () => events.length === 2)
  t.strictSame(events, [{ type: 'reset' }, { type: 'reset' }])
})

t.test('a feed delivers beats, and continues after their revision', async t => {
  const server = await sseServer(t)
  const { events } = follow(t, server.url, { lastEventId: '5' })
  const first = await server.next()
  first.send(
    'retry: 10\nid: 9\n\nevent: beat\ndata: {"at":"2026-11-23T08:00:00.000Z","revision":9,"incomplete":true}\n\n'
  )
  await eventually('the beat is delivered', () => events.length === 1)
  t.strictSame(events, [{ type: 'beat', at: '2026-11-23T08:00:00.000Z', revision: 9, incomplete: true }])
  first.end()
  t.equal((await server.next()).headers['last-event-id'], '9')
})

t.test('a feed gives up a connection on which nothing arrives, and continues with a new one', async t => {
  const server = await sseServer(t)
  const { events, states, feed } = follow(t, server.url, { maxSilenceMs: 100 })
  const first = await server.next()
  first.send('id: 6\nevent: agent\ndata: {"revision":6,"object":{"extension":"101"}}\n\n')
  const second = await server.next()
  t.equal(second.url, '/v1/live?lastEventId=6')
  await first.closed
  await eventually('the feed is open again', () => feed.state() === 'open')
  t.strictSame(states, ['open', 'waiting', 'connecting', 'open'])
  t.equal(events.length, 2, 'nothing was missed')
})

t.test('a feed that is closed while it waits does not connect again', async t => {
  const server = await sseServer(t)
  server.refuseNext(401)
  const problems: unknown[] = []
  const feed = followLive({
    baseUrl: server.url,
    backOffMs: { first: 50, most: 50 },
    onEvent: () => {},
    onState: (_state, problem) => problems.push(problem)
  })
  await eventually('the feed waits', () => feed.state() === 'waiting')
  feed.close()
  await new Promise(resolve => setTimeout(resolve, 100)) // twice the back-off
  t.equal(server.requests(), 1)
  t.match(problems, [{ status: 401, message: String }, null])
})

t.test('in a browser, a feed without a key uses the EventSource of the browser', async t => {
  const opened: string[] = []
  class BrowserEventSource {
    readyState = 0
    constructor(url: string) {
      opened.push(url)
    }
    addEventListener() {}
    close() {}
  }
  Object.assign(globalThis, { EventSource: BrowserEventSource })
  t.teardown(() => {
    Reflect.deleteProperty(globalThis, 'EventSource')
  })
  followLive({ baseUrl: '', onEvent: () => {} }).close()
  t.strictSame(opened, ['/v1/live'])
  followLive({ baseUrl: 'http://127.0.0.1:1', key: 'secret', onEvent: () => {} }).close()
  t.equal(opened.length, 1, 'with a key it does not, because EventSource cannot send headers')
})

function follow(t: Test, baseUrl: string, options: Partial<FollowOptions> = {}) {
  const events: LiveEvent[] = []
  const states: LiveState[] = []
  const feed = followLive({
    baseUrl,
    backOffMs: { first: 10, most: 10 },
    onEvent: event => events.push(event),
    onState: state => states.push(state),
    ...options
  })
  t.teardown(feed.close)
  return { events, states, feed }
}

interface Stream {
  url: string
  headers: http.IncomingHttpHeaders
  send: (text: string) => void
  end: () => void
  closed: Promise<void>
}

/** A server that answers each request with an event stream, which the test writes to. */
async function sseServer(t: Test) {
  const streams: Stream[] = []
  let refusal: number | null = null
  let taken = 0
  let requests = 0
  const server = http.createServer((request, response) => {
    requests++
    if (refusal !== null) {
      response.writeHead(refusal).end()
      refusal = null
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    streams.push({
      url: request.url ?? '',
      headers: request.headers,
      send: text => response.write(text),
      end: () => response.end(),
      closed: new Promise(resolve => response.once('close', resolve))
    })
  })
  return {
    url: await listenOnLoopback(t, server),
    refuseNext: (status: number) => {
      refusal = status
    },
    requests: () => requests,
    /** Resolves with the next stream that was opened. */
    next: async (): Promise<Stream> => {
      await eventually('a client connects', () => streams.length > taken)
      return streams[taken++] as Stream // it is there
    }
  }
}
