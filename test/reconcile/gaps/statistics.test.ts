import t from 'tap'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import { detectGaps } from '../../../src/reconcile/gaps/detect.js'
import { loadStatistics } from '../../../src/reconcile/gaps/statistics.js'
import { simulateCompany } from '../../../src/simulator/company.js'
import { applyFaults } from '../../../src/simulator/delivery.js'
import { SIMULATED_API_KEY } from '../../../src/simulator/notifications.js'
import { COMPANY_START, projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { LONG_AFTER } from '../../support/lossy-company.js'

const SINCE = new Date(COMPANY_START)
const ACCOUNT = { id: 'default', apiKey: SIMULATED_API_KEY, region: 'US' } as const

/** Projects a company whose notifications are delivered with these faults, each received one second after its post. */
async function projectDeliveries(
  t: Parameters<typeof freshDatabase>[0],
  faults: Omit<Parameters<typeof applyFaults>[1], 'seed'>
) {
  const { pool } = await freshDatabase(t)
  const simulation = simulateCompany({ seed: 11, startAt: COMPANY_START, calls: 200 })
  const arrived = applyFaults(simulation.notifications, { seed: 3, ...faults })
  const events = arrived.flatMap(
    ({ at, body }) => parseNotification(ACCOUNT, Buffer.from(JSON.stringify(body)), new Date(at + 1_000)) ?? []
  )
  const project = projectorOf(pool)
  await project([...events, ...simulation.facts])
  await detectGaps(pool, { account: 'default', now: LONG_AFTER, since: SINCE })
  const statistics = async () =>
    (await loadStatistics(pool, { accounts: ['default'], since: SINCE, until: LONG_AFTER }))[0]
  return { pool, simulation, arrived, events, project, statistics }
}

const complete = await projectDeliveries(t, {})

t.test('all rates are 0 when every webhook arrives once and in order', async t => {
  const { statistics, simulation } = complete
  t.match(await statistics(), {
    notifications: simulation.notifications.length,
    copies: 0,
    duplicateRate: 0,
    reportedCalls: 200,
    lossyCalls: 0,
    lossRate: 0,
    reordered: 0,
    reorderRate: 0
  })
  const { delayP50Seconds, delayP95Seconds } = (await statistics()) ?? {}
  t.match(
    [delayP50Seconds, delayP95Seconds].map(seconds => Math.round((seconds ?? 0) * 10) / 10),
    [1, 1]
  )
})

t.test('the loss rate is near the share of notifications that were dropped', async t => {
  const { statistics } = await projectDeliveries(t, { drop: 0.2 })
  const { lossRate, lossyCalls } = (await statistics()) ?? {}
  t.ok(lossRate && lossRate > 0.1 && lossRate < 0.3, String(lossRate))
  t.ok(lossyCalls && lossyCalls > 200 * (lossRate ?? 1))
})

t.test('late notifications are counted as reordered and raise the delay', async t => {
  const { statistics, events } = await projectDeliveries(t, { reorder: 0.3, delayMs: 600_000 })
  const latest = new Map<string, number>()
  let reordered = 0
  for (const event of events) {
    // events are in the order of their receipt
    if (!('callId' in event)) throw new Error('expected an event of a call')
    const at = Date.parse(event.occurredAt)
    const before = latest.get(event.callId ?? '') ?? 0
    if (at < before) reordered++
    latest.set(event.callId ?? '', Math.max(at, before))
  }
  t.ok(reordered > 10)
  const found = await statistics()
  t.equal(found?.reordered, reordered)
  t.ok(found?.delayP95Seconds && found.delayP95Seconds > 10)
})

t.test('rates and delays are null for a span without notifications', async t => {
  const { pool } = await freshDatabase(t)
  t.strictSame(
    await loadStatistics(pool, { accounts: ['b', 'a'], since: SINCE, until: LONG_AFTER }),
    ['a', 'b'].map(account => ({
      account,
      notifications: 0,
      copies: 0,
      reordered: 0,
      duplicateRate: null,
      reportedCalls: 0,
      lossyCalls: 0,
      lossRate: null,
      reorderRate: null,
      delayP50Seconds: null,
      delayP95Seconds: null
    }))
  )
})

t.test('copies are counted once, in the same batch or a later one, however often they are projected', async t => {
  const { statistics, events, arrived, simulation, project } = await projectDeliveries(t, { duplicate: 0.2 })
  const copies = arrived.length - simulation.notifications.length
  t.ok(copies > 50)
  const counted = { notifications: simulation.notifications.length, copies, duplicateRate: copies / arrived.length }
  t.match(await statistics(), counted)
  await project(events) // as when the log is read again
  t.match(await statistics(), counted)
})

t.test('a record that the log delivers again is not counted as a copy', async t => {
  const { statistics, events, project } = complete
  await project([...events.slice(0, 100), ...events.slice(0, 100)])
  t.match(await statistics(), { copies: 0, duplicateRate: 0 })
})
