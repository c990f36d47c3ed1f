import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { isAcknowledged, notificationsOf, postLoad } from './load.js'

const PLAN = { family: 'classic', rate: 200, duplicate: 0.1, reorder: 0.1 } as const
const [OK, REFUSED] = [200, 503]

/** A server that answers the n-th request so, or breaks its connection. */
async function answering(t: Test, statusOf: (n: number) => number | null) {
  const bodies: string[] = []
  const underWay = { now: 0, most: 0 }
  const server = createServer(async (request: IncomingMessage, reply) => {
    underWay.most = Math.max(underWay.most, ++underWay.now)
    bodies.push(await text(request))
    const status = statusOf(bodies.length)
    underWay.now--
    if (status === null) request.socket.resetAndDestroy()
    else reply.writeHead(status).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
  })
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), bodies, underWay }
}

t.test('the same seed posts the same, byte for byte', async t => {
  t.equal(JSON.stringify(notificationsOf(7, PLAN, 1_000)), JSON.stringify(notificationsOf(7, PLAN, 1_000)))
  t.equal(notificationsOf(7, PLAN, 1_000).length, 200)
})

t.test('notes of each what became of it, with the id of its event', async t => {
  const { url, bodies } = await answering(t, n => (n % 3 === 0 ? REFUSED : n % 3 === 1 ? OK : null))
  const posts = await postLoad(url, notificationsOf(7, PLAN, 300), { clients: 4 })
  t.equal(posts.length, 60)
  t.ok(bodies.length >= 60)
  t.strictSame([...new Set(posts.map(({ status }) => String(status)))].sort(), ['200', '503', 'null'])
  t.equal(posts.filter(isAcknowledged).length, posts.filter(({ status }) => status === OK).length)
  t.ok(posts.every(({ id, key, sentAt, endedAt }) => id && key.startsWith('default:') && endedAt >= sentAt))
})

t.test('a client has one notification under way, and all of a call', async t => {
  const { url, underWay } = await answering(t, () => OK)
  const posts = await postLoad(url, notificationsOf(7, { ...PLAN, rate: 2_000 }, 200), { clients: 3 })
  t.ok(underWay.most <= 3, `${underWay.most} under way`)
  for (const post of posts) {
    const meanwhile = posts.filter(
      other => other !== post && other.key === post.key && other.sentAt < post.endedAt && other.endedAt > post.sentAt
    )
    if (meanwhile.length > 0) t.fail('two notifications of one call are under way')
  }
})
