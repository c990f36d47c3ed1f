import { pino } from 'pino'
import t, { type Test } from 'tap'
import { calls } from '../../src/mightycall/rest/routes/calls.js'
import { createDriftReporter } from '../../src/reconcile/report-drift.js'
import { freshDatabase } from '../support/database.js'
import { json, setUpRestClient } from '../support/mightycall-api.js'

const [UNKNOWN_FIELD, BAD_VALUE] = [
  { type: 'GET /calls', field: 'calls[].mood', sample: 'xxxxx' },
  { type: 'GET /calls', field: 'calls[].duration', sample: '00:00' }
]

async function setUpReporter(t: Test) {
  const { pool } = await freshDatabase(t)
  const lines: string[] = []
  const clock = { now: new Date('2026-11-23T08:00:00Z') }
  const report = createDriftReporter({
    pool,
    now: () => clock.now,
    logger: pino(
      { level: 'trace' },
      {
        write: (line: string) => {
          lines.push(line)
        }
      }
    )
  })
  return { pool, clock, report, lines }
}

t.test('drift is counted once per response and logged once', async t => {
  const { pool, clock, report, lines } = await setUpReporter(t)
  await report('acme', [UNKNOWN_FIELD, UNKNOWN_FIELD, BAD_VALUE])
  clock.now = new Date('2026-11-23T09:00:00Z')
  await report('acme', [UNKNOWN_FIELD])
  t.match((await pool.query('select * from drift order by field')).rows, [
    { account: 'acme', ...BAD_VALUE, count: '1' },
    {
      account: 'acme',
      ...UNKNOWN_FIELD,
      count: '2',
      first_seen_at: new Date('2026-11-23T08:00:00Z'),
      last_seen_at: clock.now
    }
  ])
  t.strictSame(lines.map(line => (JSON.parse(line) as { field: string }).field).sort(), [
    BAD_VALUE.field,
    UNKNOWN_FIELD.field
  ])
})

t.test('a drift that cannot be counted is logged, and does not throw', async t => {
  const { pool, report, lines } = await setUpReporter(t)
  await pool.query('drop table drift')
  await report('acme', [UNKNOWN_FIELD])
  t.match(lines, [/could not be counted/])
})

t.test('a refused response reports the drift that caused the refusal', async t => {
  const { client, drifts } = await setUpRestClient(t, {
    replies: { 'GET /api/calls': json({ calls: [{ id: 'a', duration: 'an hour' }] }) }
  })
  await t.rejects(client.send(calls, { query: {} }, 'sync'), { code: 'MCS_REST_UNEXPECTED' })
  t.strictSame(drifts, [{ type: 'GET /calls', field: 'calls[].duration', sample: 'xx xxxx' }])
})
