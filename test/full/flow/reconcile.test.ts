import { pino } from 'pino'
import t, { type Test } from 'tap'
import { fasterClock } from '../../../src/lib/clock.js'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { type DemoWorldOptions, startDemoWorld } from '../../../src/simulator/demo-world.js'
import { freshDatabase } from '../../support/database.js'
import { eventually } from '../../support/eventually.js'
import { freePorts } from '../../support/free-ports.js'
import { tempDir } from '../../support/temp-dir.js'

const START = new Date('2026-11-23T08:00:00Z')
/** Simulated seconds per real second. */
const RATE = 600
/** REST reports a call some minutes after its end, and the service holds it for 15 minutes. */
const REPORT_DELAY_MS = 45 * 60_000

async function startDemo(
  t: Test,
  { company, ...simulated }: Pick<DemoWorldOptions, 'company' | 'webhookFaults' | 'nilGuids'>
) {
  const { pool, url: databaseUrl } = await freshDatabase(t)
  const [port = 0] = await freePorts(1)
  const clock = fasterClock({ startAt: START, rate: RATE })
  const { service, mightyCall, adminKey, close } = await startDemoWorld({
    dir: tempDir(t),
    port,
    clock,
    databaseUrl,
    logger: pino({ level: 'silent' }),
    company,
    ...simulated
  })
  t.teardown(close)
  const get = async (route: string): Promise<unknown> =>
    (await fetch(`${service.url}${route}`, { headers: { authorization: `Bearer ${adminKey}` } })).json()
  const ids = async (table: string, column: string) =>
    new Set((await pool.query(`select ${column} as id from ${table}`)).rows.map(row => row.id))
  return { pool, clock, mightyCall, get, ids }
}

t.test('REST fills in what webhooks lose and never contain, and every gap is healed', async t => {
  const company = { seed: 7, startAt: START.getTime(), calls: 40, messages: 20, hours: 3 }
  const { pool, clock, mightyCall, get, ids } = await startDemo(t, {
    company,
    webhookFaults: { drop: 0.2, duplicate: 0.1 }
  })
  const until = START.getTime() + company.hours * HOUR_MS + REPORT_DELAY_MS
  await eventually('the company has closed', () => clock.now().getTime() > until, 60_000)
  const truth = mightyCall.truth()
  const complete = async (table: string, column: string, known: unknown[]) => {
    const found = await ids(table, column)
    return known.every(id => found.has(id))
  }
  await eventually(
    'every call has its row',
    () =>
      complete(
        'call_history',
        'call_id',
        truth.calls.map(call => call.id)
      ),
    30_000
  )
  await eventually(
    'every voicemail has its row',
    () =>
      complete(
        'voicemail_logs',
        'voicemail_id',
        truth.voicemails.map(({ voicemailId }) => voicemailId)
      ),
    30_000
  )
  await eventually(
    'every message has its row',
    () =>
      complete(
        'sms_logs',
        'message_id',
        truth.messages.map(({ messageId }) => messageId)
      ),
    30_000
  )

  const { rows } = await pool.query('select call_id, outcome from call_history')
  t.strictSame(
    new Map(rows.map(row => [row.call_id, row.outcome])),
    new Map(truth.calls.map(call => [call.id, call.outcome])),
    'calls have their true outcome'
  )
  const { hours: completeness } = (await get(
    `/v1/completeness?since=${START.toISOString()}&until=${new Date(until).toISOString()}`
  )) as { hours: unknown[] }
  t.ok(completeness.length > 3, 'the completeness is known')
  await eventually(
    'every gap is healed',
    async () => (await pool.query('select from gaps where healed_at is null')).rowCount === 0,
    30_000
  )
  t.ok(((await pool.query('select from gaps')).rowCount ?? 0) > 0, 'some gaps were found')
  const {
    data: [quota]
  } = (await get('/v1/quota')) as { data: { used: number }[] }
  const hours = (clock.now().getTime() - START.getTime()) / HOUR_MS
  t.ok(quota && quota.used < 70 * hours, `${quota?.used} requests in ${hours} hours`)
})
