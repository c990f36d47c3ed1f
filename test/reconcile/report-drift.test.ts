import { pino } from 'pino'
import t, { type Test } from 'tap'
import { calls } from '../../src/mightycall/rest/routes/calls.js'
import { createDriftReporter } from '../../src/reconcile/report-drift.js'
import { freshDatabase } from '../support/database.js'
import { json, restClient } from '../support/mightycall-api.js'

const [ODD, BAD] = [
  { type: 'GET /calls', field: 'calls[].mood', sample: 'xxxxx' },
  { type: 'GET /calls', field: 'calls[].duration', sample: '00:00' }
]

async function telling(t: Test) {
  const { pool } = await freshDatabase(t)
  const lines: string[] = []
  const clock = { now: new Date('2026-11-23T08:00:00Z') }
  const tell = createDriftReporter({
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
  return { pool, clock, tell, lines }
}

t.test('what answers hold that is not known is counted by answer, and said once', async t => {
  const { pool, clock, tell, lines } = await telling(t)
  await tell('acme', [ODD, ODD, BAD])
  clock.now = new Date('2026-11-23T09:00:00Z')
  await tell('acme', [ODD])
  t.match((await pool.query('select * from drift order by field')).rows, [
    { account: 'acme', ...BAD, count: '1' },
    { account: 'acme', ...ODD, count: '2', first_seen_at: new Date('2026-11-23T08:00:00Z'), last_seen_at: clock.now }
  ])
  t.strictSame(lines.map(line => (JSON.parse(line) as { field: string }).field).sort(), [BAD.field, ODD.field])
})

t.test('an answer is read although its drift cannot be counted', async t => {
  const { pool, tell, lines } = await telling(t)
  await pool.query('drop table drift')
  await tell('acme', [ODD])
  t.match(lines, [/could not be counted/])
})

t.test('an answer that is refused tells why', async t => {
  const { client, drifts } = await restClient(t, {
    replies: { 'GET /api/calls': json({ calls: [{ id: 'a', duration: 'an hour' }] }) }
  })
  await t.rejects(client.send(calls, { query: {} }, 'sync'), { code: 'MCS_REST_UNEXPECTED' })
  t.strictSame(drifts, [{ type: 'GET /calls', field: 'calls[].duration', sample: 'xx xxxx' }])
})
