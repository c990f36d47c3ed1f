import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { simulateCompany } from '../../src/simulator/company.js'
import { paced } from '../../src/simulator/paced.js'
import { postAll } from '../../src/simulator/post.js'

const now = () => Date.now()
const due = (rate: number) => paced(simulateCompany({ seed: 1, startAt: 0, calls: 20 }).notifications, { startAt: now(), rate })

/** A server that takes everything, the bodies that it received, and on how many connections. */
async function sink (t: Test) {
  const bodies: unknown[] = []
  let connections = 0
  const server = createServer(async (request, response) => {
    bodies.push(JSON.parse((await request.toArray()).join('')))
    response.end()
  }).on('connection', () => { connections++ }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), bodies, connections: () => connections, close: () => { server.closeAllConnections(); server.close() } }
}

t.test('posts in order, at the wanted rate, on few connections', async t => {
  const { url, bodies, connections } = await sink(t)
  const notifications = due(200)
  const { posted, accepted, refused, seconds } = await postAll(url, notifications, { signal: new AbortController().signal, now })
  t.strictSame({ posted, accepted, refused }, { posted: notifications.length, accepted: notifications.length, refused: new Map() })
  t.ok(seconds >= (notifications.length - 1) / 200)
  t.ok(connections() < notifications.length / 2, `${connections()} connections`)
  t.strictSame(new Set(bodies.map(body => JSON.stringify(body))), new Set(notifications.map(({ body }) => JSON.stringify(body))))
})

t.test('stops early when it is told to, with what is under way answered', async t => {
  const { url, bodies } = await sink(t)
  const stop = new AbortController()
  const posted = await postAll(url, due(20), { signal: stop.signal, now, onPosted: ({ posted }) => { if (posted === 3) stop.abort() } })
  t.match(posted, { posted: 3, accepted: 3 })
  t.equal(bodies.length, 3)
})

t.test('a service that goes away while it is posted to is an error after a while', async t => {
  const { url, close } = await sink(t)
  await t.rejects(postAll(url, due(500), { signal: new AbortController().signal, now, onPosted: ({ accepted }) => { if (accepted === 5) close() } }), { code: 'MCS_SIMULATE', message: /does not answer/ })
})
