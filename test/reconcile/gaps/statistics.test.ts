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

/** What arrived of a company's notifications, a second after it was posted. */
async function delivered(
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

t.test('of webhooks that all came, in order and once, no rate is above 0', async t => {
  const { statistics, simulation } = await delivered(t, {})
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

t.test('the rate of loss is near the share of notifications that never came', async t => {
  const { statistics } = await delivered(t, { drop: 0.2 })
  const { lossRate, lossyCalls } = (await statistics()) ?? {}
  t.ok(lossRate && lossRate > 0.1 && lossRate < 0.3, String(lossRate))
  t.ok(lossyCalls && lossyCalls > 200 * (lossRate ?? 1))
})

t.test('late notifications show as reordered and in the delay', async t => {
  const { statistics, events } = await delivered(t, { reorder: 0.3, delayMs: 600_000 })
  const latest = new Map<string, number>()
  let reordered = 0
  for (const event of events) {
    // in the order of their receipt
    if (!('callId' in event)) throw new Error('no event of a call')
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

t.test('nothing is said of a span in which nothing came', async t => {
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

t.test(
  'second copies are counted once, whether they come in one batch or later, and however often they are projected',
  async t => {
    const { statistics, events, arrived, simulation, project } = await delivered(t, { duplicate: 0.2 })
    const copies = arrived.length - simulation.notifications.length
    t.ok(copies > 50)
    const counted = { notifications: simulation.notifications.length, copies, duplicateRate: copies / arrived.length }
    t.match(await statistics(), counted)
    await project(events) // as after a hole in the log
    t.match(await statistics(), counted)
  }
)

t.test('what the log delivers again is no copy', async t => {
  const { statistics, events, project } = await delivered(t, {})
  await project([...events.slice(0, 100), ...events.slice(0, 100)])
  t.match(await statistics(), { copies: 0, duplicateRate: 0 })
})
