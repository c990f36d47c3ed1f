import { pino } from 'pino'
import t from 'tap'
import { type Account, createAccounts } from '../../src/accounts/accounts.js'
import { openLocalLog } from '../../src/event-log/local/local-log.js'
import { DAY_MS, HOUR_MS } from '../../src/lib/instant.js'
import { createMetrics } from '../../src/observability/metrics.js'
import { startProjector } from '../../src/project/projector.js'
import { moveCursor } from '../../src/reconcile/cursors.js'
import { createReconciliation } from '../../src/reconcile/start.js'
import { startSimulatedMightyCall } from '../../src/simulator/http/start.js'
import { COMPANY_START } from '../support/company.js'
import { freshDatabase } from '../support/database.js'
import { manualClock } from '../support/manual-clock.js'
import { SETTINGS } from '../support/settings.js'
import { tempDir } from '../support/temp-dir.js'

const atDay = (day: number) => new Date(COMPANY_START + day * DAY_MS)

t.test('a sync finds what was read in MightyCall days after it was left, and says how far it read', async t => {
  const clock = manualClock(atDay(8).toISOString())
  const mightyCall = await startSimulatedMightyCall({
    port: 0,
    clock,
    company: { seed: 5, startAt: COMPANY_START, calls: 150, messages: 150, hours: 14 * 24, readWithinDays: 12 }
  })
  t.teardown(mightyCall.close)
  const { pool } = await freshDatabase(t)
  const logger = pino({ level: 'silent' })
  const log = await openLocalLog({ dir: tempDir(t) })
  t.teardown(() => log.close())
  const projector = await startProjector({
    log,
    pool,
    group: 'g',
    now: clock.now,
    settings: SETTINGS,
    logger,
    onProjected: () => {}
  })
  t.teardown(() => projector.close())
  const account: Account = {
    id: 'default',
    tokens: [],
    apiKey: mightyCall.apiKey,
    userKeys: mightyCall.userKeys,
    kind: 'classic',
    baseUrl: mightyCall.baseUrl,
    timeZone: 'UTC',
    region: 'US'
  }
  const { sync } = createReconciliation({
    pool,
    log,
    accounts: createAccounts([account], { timeZone: 'UTC', region: 'US' }),
    dailyBudget: 2_000,
    longestCallMs: 12 * HOUR_MS,
    clock,
    logger,
    metrics: createMetrics()
  })
  const syncFrom = async (day: number) => {
    for (const route of ['calls', 'voicemails', 'journal'])
      await moveCursor(pool, { account: 'default', route, scope: null }, { until: atDay(day), now: atDay(day) })
    await sync.run(account)
  }
  const flags = async () => {
    const { rows } = await pool.query<{ id: string; read: boolean }>(
      `select voicemail_id as id, read from voicemail_logs
       union all select message_id, read from sms_logs where direction = 'inbound'`
    )
    return new Map(rows.map(({ id, read }) => [id, read]))
  }
  const trueFlags = (known: ReadonlyMap<string, boolean>) => {
    const { voicemails, messages } = mightyCall.truth()
    const all = [
      ...voicemails.map(row => [row.voicemailId, row.read]),
      ...messages.map(row => [row.messageId, row.read])
    ]
    return new Map((all as [string, boolean][]).filter(([id]) => known.has(id)))
  }
  const unread = (flags: ReadonlyMap<string, boolean>) => [...flags.values()].filter(isRead => !isRead).length
  const sorted = (flags: ReadonlyMap<string, boolean>) => [...flags].sort()

  await syncFrom(0)
  const before = await flags()
  t.strictSame(sorted(before), sorted(trueFlags(before)), 'the first sync reads everything')
  clock.advance(7 * DAY_MS)
  t.ok(unread(before) > unread(trueFlags(before)) + 5, 'more was read in MightyCall than is known here')
  await syncFrom(15)
  const after = await flags()
  t.strictSame(sorted(after), sorted(trueFlags(after)))
  const steps = sync.runs()[0]?.steps.filter(({ route }) => ['voicemails', 'journal'].includes(route)) ?? []
  t.match(
    steps.map(({ unreadBefore, state }) => [unreadBefore, state]),
    [
      [0, 'done'],
      [0, 'done']
    ]
  )
  for (const { route, readFrom } of steps)
    t.ok(readFrom && readFrom < atDay(8), `${route} was read since ${readFrom?.toISOString()}`)
})
