import { createServer, type ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { fasterClock } from '../../src/lib/clock.js'
import { simulateCompany } from '../../src/simulator/company.js'
import { type SimulatedMightyCallOptions, startSimulatedMightyCall } from '../../src/simulator/http/start.js'
import { COMPANY_START } from '../support/company.js'
import { eventually } from '../support/eventually.js'
import { listenOnLoopback } from '../support/http-server.js'

const COMPANY = { seed: 5, startAt: COMPANY_START, calls: 40, hours: 1 }
const NOTIFICATIONS = simulateCompany(COMPANY).notifications
const HOUR_MS = 60 * 60 * 1000

type Respond = (response: ServerResponse) => void

/** Starts a server that records the bodies of its requests in order. */
async function receiver(
  t: Test,
  respond: Respond = response => {
    response.writeHead(200).end()
  }
) {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    bodies.push((await request.toArray()).join(''))
    respond(response)
  })
  return { webhookUrl: new URL('/webhooks/x', await listenOnLoopback(t, server)), bodies }
}

/** Starts a simulated MightyCall that posts an hour of notifications within some tenths of a second. */
async function startPosting(
  t: Test,
  options: Omit<SimulatedMightyCallOptions, 'port' | 'clock' | 'company'> & { rate?: number }
) {
  const { rate = 10_000, ...rest } = options
  const mightyCall = await startSimulatedMightyCall({
    port: 0,
    clock: fasterClock({ startAt: new Date(COMPANY_START), rate }),
    company: COMPANY,
    ...rest
  })
  t.teardown(mightyCall.close)
  return mightyCall
}

const uniqueBodies = (bodies: readonly string[]) => new Set(bodies)
const all = uniqueBodies(NOTIFICATIONS.map(({ body }) => JSON.stringify(body)))

t.test('without faults each notification is posted once, and /truth has the statistics', async t => {
  const { webhookUrl, bodies } = await receiver(t)
  const { posted, webhooks, url } = await startPosting(t, { webhookUrl })
  await posted
  t.equal(bodies.length, NOTIFICATIONS.length)
  t.strictSame(uniqueBodies(bodies), all)
  const expected = {
    posted: bodies.length,
    accepted: bodies.length,
    refused: {},
    lost: 0,
    dropped: 0,
    doubled: 0,
    late: 0
  }
  t.strictSame(webhooks(), expected)
  t.strictSame(((await (await fetch(`${url}/truth`)).json()) as { webhooks: unknown }).webhooks, expected)
})

t.test('dropped, duplicated and late notifications are counted', async t => {
  const { webhookUrl, bodies } = await receiver(t)
  const { posted, webhooks } = await startPosting(t, {
    webhookUrl,
    webhookFaults: { drop: 0.1, duplicate: 0.2, reorder: 0.3, delayMs: 5 * 60_000 }
  })
  await posted
  await eventually(
    'every dropped notification was due',
    () => (webhooks()?.dropped ?? 0) === NOTIFICATIONS.length - uniqueBodies(bodies).size
  )
  const { dropped, doubled, late, accepted, lost } = webhooks() ?? {
    dropped: 0,
    doubled: 0,
    late: 0,
    accepted: 0,
    lost: -1
  }
  t.equal(lost, 0)
  t.ok(
    dropped > 0 && doubled > 0 && late > 0,
    `${dropped} dropped, ${doubled} doubled, ${late} late of ${NOTIFICATIONS.length}`
  )
  t.equal(accepted, NOTIFICATIONS.length - dropped + doubled)
  t.equal(bodies.length - uniqueBodies(bodies).size, doubled)
  const order = NOTIFICATIONS.map(({ body }) => JSON.stringify(body))
  const positions = [...uniqueBodies(bodies)].map(body => order.indexOf(body))
  t.ok(
    positions.some((position, i) => position < (positions[i - 1] ?? 0)),
    'some notifications arrived out of order'
  )
})

t.test('notifications during an outage are lost and not posted again', async t => {
  const { webhookUrl, bodies } = await receiver(t)
  const outage = { from: COMPANY_START + HOUR_MS / 4, until: COMPANY_START + HOUR_MS / 2 }
  const { posted, webhooks } = await startPosting(t, { webhookUrl, webhookFaults: { outages: [outage] } })
  await posted
  const hit = NOTIFICATIONS.filter(({ at }) => at >= outage.from && at < outage.until)
  t.ok(hit.length > 0)
  t.match(webhooks(), { lost: hit.length, posted: NOTIFICATIONS.length - hit.length })
  for (const { body } of hit) t.notOk(bodies.includes(JSON.stringify(body)))
})

t.test('a notification that is refused or not answered in time is not posted again', async t => {
  let answered = 0
  const { webhookUrl, bodies } = await receiver(t, response => {
    if (answered++ % 3 === 0) response.writeHead(503).end()
    else if (answered % 3 === 2) response.writeHead(200).end()
  })
  const { posted, webhooks } = await startPosting(t, { webhookUrl, responseTimeoutMs: 2_000 })
  await posted
  t.equal(bodies.length, NOTIFICATIONS.length)
  const third = Math.ceil(bodies.length / 3)
  t.match(webhooks()?.refused, { 503: third })
  t.equal((webhooks()?.refused['no answer'] ?? 0) + (webhooks()?.accepted ?? 0), bodies.length - third)
  t.ok((webhooks()?.refused['no answer'] ?? 0) >= Math.floor(bodies.length / 3))
})

t.test('several requests are in flight while none is answered', async t => {
  const held: ServerResponse[] = []
  const { webhookUrl, bodies } = await receiver(t, response => {
    held.push(response)
  })
  const { webhooks, posted } = await startPosting(t, { webhookUrl })
  await eventually('five requests are in flight', () => held.length >= 5)
  t.match(webhooks(), { accepted: 0 })
  const answering = setInterval(() => {
    for (const response of held.splice(0)) response.writeHead(200).end()
  }, 5)
  t.teardown(() => {
    clearInterval(answering)
  })
  await posted
  t.equal(bodies.length, NOTIFICATIONS.length)
})

t.test('nothing is posted before it is due, and close stops posting', async t => {
  const { webhookUrl, bodies } = await receiver(t)
  const { close, webhooks } = await startPosting(t, { webhookUrl, rate: 200 }) // the hour takes 18 s
  await eventually('the first notification was posted', () => bodies.length > 0)
  await close()
  t.equal(webhooks()?.accepted, bodies.length)
  t.ok(bodies.length < NOTIFICATIONS.length / 2, `${bodies.length} of ${NOTIFICATIONS.length}`)
})
