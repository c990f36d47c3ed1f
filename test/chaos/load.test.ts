import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { listenOnLoopback } from '../support/http-server.js'
import { isAcknowledged, notificationsOf, postLoad } from './load.js'

const PLAN = { family: 'classic', rate: 200, duplicate: 0.1, reorder: 0.1 } as const
const [OK, UNAVAILABLE] = [200, 503]

/** Starts a server that answers the n-th request with a status, or resets the connection when it is null. */
async function startServer(t: Test, statusOf: (n: number) => number | null) {
  const bodies: string[] = []
  const inFlight = { now: 0, max: 0 }
  const server = createServer(async (request: IncomingMessage, reply) => {
    inFlight.max = Math.max(inFlight.max, ++inFlight.now)
    bodies.push(await text(request))
    const status = statusOf(bodies.length)
    inFlight.now--
    if (status === null) request.socket.resetAndDestroy()
    else reply.writeHead(status).end()
  })
  return { url: new URL(await listenOnLoopback(t, server)), bodies, inFlight }
}

t.test('the same seed yields identical notifications', async t => {
  t.equal(JSON.stringify(notificationsOf(7, PLAN, 1_000)), JSON.stringify(notificationsOf(7, PLAN, 1_000)))
  t.equal(notificationsOf(7, PLAN, 1_000).length, 200)
})

t.test('records the result of each post with the id of its event', async t => {
  const { url, bodies } = await startServer(t, n => (n % 3 === 0 ? UNAVAILABLE : n % 3 === 1 ? OK : null))
  const posts = await postLoad(url, notificationsOf(7, PLAN, 300), { clients: 4 })
  t.equal(posts.length, 60)
  t.ok(bodies.length >= 60)
  t.strictSame([...new Set(posts.map(({ status }) => String(status)))].sort(), ['200', '503', 'null'])
  t.equal(posts.filter(isAcknowledged).length, posts.filter(({ status }) => status === OK).length)
  t.ok(posts.every(({ id, key, sentAt, endedAt }) => id && key.startsWith('default:') && endedAt >= sentAt))
})

t.test('a client sends one notification at a time, and all notifications of a call', async t => {
  const { url, inFlight } = await startServer(t, () => OK)
  const posts = await postLoad(url, notificationsOf(7, { ...PLAN, rate: 2_000 }, 200), { clients: 3 })
  t.ok(inFlight.max <= 3, `${inFlight.max} in flight`)
  for (const post of posts) {
    const meanwhile = posts.filter(
      other => other !== post && other.key === post.key && other.sentAt < post.endedAt && other.endedAt > post.sentAt
    )
    if (meanwhile.length > 0) t.fail('two notifications of one call are in flight')
  }
})
