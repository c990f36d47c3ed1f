import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { simulateCompany } from '../../src/simulator/company.js'
import { paceNotifications } from '../../src/simulator/delivery.js'
import { postAll } from '../../src/simulator/post.js'

const TOKEN = 'x'.repeat(43)
const now = () => Date.now()
const due = (rate: number) =>
  paceNotifications(simulateCompany({ seed: 1, startAt: 0, calls: 20 }).notifications, { startAt: now(), rate })

/** Starts a server that responds with a status and records the bodies, their times, and the number of connections. */
async function sink(t: Test, status = 200) {
  const bodies: unknown[] = []
  const times: number[] = []
  let connections = 0
  const server = createServer(async (request, response) => {
    times.push(now())
    bodies.push(JSON.parse((await request.toArray()).join('')))
    response.writeHead(status).end()
  })
    .on('connection', () => {
      connections++
    })
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${TOKEN}`),
    bodies,
    times,
    connections: () => connections,
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

t.test('each notification is posted once, not before it is due, on reused connections', async t => {
  const { url, bodies, times, connections } = await sink(t)
  const notifications = due(200)
  const { posted, accepted, refused } = await postAll(url, notifications, { signal: new AbortController().signal, now })
  t.strictSame(
    { posted, accepted, refused },
    { posted: notifications.length, accepted: notifications.length, refused: new Map() }
  )
  const early = times.filter((time, i) => time < (notifications[i]?.at ?? 0) - 1) // a timer may be a millisecond early
  t.strictSame(early, [])
  t.ok(connections() < notifications.length, `${connections()} connections`)
  t.strictSame(
    new Set(bodies.map(body => JSON.stringify(body))),
    new Set(notifications.map(({ body }) => JSON.stringify(body)))
  )
})

t.test('an abort stops posting after the requests in flight were answered', async t => {
  const { url, bodies } = await sink(t)
  const stop = new AbortController()
  const notifications = due(20)
  const { posted, accepted } = await postAll(url, notifications, {
    signal: stop.signal,
    now,
    onPosted: ({ accepted }) => {
      if (accepted === 3) stop.abort()
    }
  })
  t.ok(posted >= 3 && posted < notifications.length, `${posted} were posted`)
  t.strictSame([accepted, bodies.length], [posted, posted])
})

t.test('a service that disappears while notifications are posted causes an error', async t => {
  const { url, close } = await sink(t)
  await t.rejects(
    postAll(url, due(500), {
      signal: new AbortController().signal,
      now,
      onPosted: ({ accepted }) => {
        if (accepted === 5) close()
      }
    }),
    { code: 'MCS_SIMULATE', message: /does not respond/ }
  )
})

t.test('an address without a server, or unknown to its server, causes an error without the token', async t => {
  const signal = new AbortController().signal
  const unknown = await sink(t, 404)
  const cases = [
    [new URL(`http://127.0.0.1:1/${TOKEN}`), /^http:\/\/127\.0\.0\.1:1 does not respond/],
    [unknown.url, /^http:\/\/127\.0\.0\.1:\d+ does not know this address \(404\)/]
  ] as const
  for (const [url, message] of cases) {
    const err = await postAll(url, due(100), { signal, now }).catch((err: unknown) => err)
    t.match(err, { code: 'MCS_SIMULATE', message })
    t.notMatch(String(err), TOKEN)
  }
  t.equal(unknown.bodies.length, 1, 'nothing more is posted to it')
})
