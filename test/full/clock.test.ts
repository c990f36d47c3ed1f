import pg from 'pg'
import t from 'tap'
import { attachEmbeddedPostgres } from '../../src/db/embedded/attach.js'
import { eventually } from '../support/eventually.js'
import { faketime, faketimeUnavailable } from '../support/faketime.js'
import { runCommand, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

/** An instant at which the service starts, the time zone of its account, and the local day of that instant. */
const MOMENTS: [name: string, instant: string, timeZone: string, day: string][] = [
  ['11:00 UTC, 14 hours ahead', '2026-11-30T11:00:00Z', 'Pacific/Kiritimati', '2026-12-01'],
  ['11:00 UTC, 11 hours behind', '2026-11-30T11:00:00Z', 'Pacific/Pago_Pago', '2026-11-30'],
  ['the last minute of a year', '2026-12-31T23:59:00Z', 'UTC', '2026-12-31'],
  ['a leap day', '2028-02-29T12:00:00Z', 'UTC', '2028-02-29'],
  ['New York puts the clock forward', '2026-03-08T06:59:50Z', 'America/New_York', '2026-03-08'],
  ['New York puts the clock back', '2026-11-01T05:59:50Z', 'America/New_York', '2026-11-01'],
  ['Lord Howe puts the clock forward by half an hour', '2026-10-03T15:29:50Z', 'Australia/Lord_Howe', '2026-10-04'],
  ['Lord Howe puts the clock back by half an hour', '2026-04-04T14:59:50Z', 'Australia/Lord_Howe', '2026-04-05']
]

const FROM = '+15559371200'
const MINUTE_MS = 60_000
/** Long enough for a start on a busy machine. */
const TOLERANCE_MS = 2 * MINUTE_MS

const options = { skip: faketimeUnavailable() ?? false, timeout: 5 * MINUTE_MS }

for (const [name, instant, timeZone, day] of MOMENTS) {
  t.test(
    `${name}: the service, its commands and Postgres use ${day} as the current day in ${timeZone}`,
    options,
    async t => {
      const startedAt = performance.now()
      const clock = faketime(instant)
      const now = () => Date.parse(instant) + performance.now() - startedAt
      const isNow = (text: string | null | undefined) => Math.abs(Date.parse(text ?? '') - now()) < TOLERANCE_MS
      const env = { ...clock, DATA_DIR: tempDir(t), TIME_ZONE: timeZone }
      const service = await startServiceProcess(t, env)
      const get = async <T>(url: string) => (await service.get(url)) as T // the documented response

      const posted = { EventType: 'IncomingCall', CallId: 'c', Timestamp: instant, From: FROM, To: '+15550347567' }
      t.equal(await service.post(posted), 200)
      const calls = async (query = '') => (await get<{ data: unknown[] }>(`/v1/calls?${query}`)).data.length
      await eventually('the call is projected', async () => (await calls()) === 1, 30_000)
      const [event] = (await get<{ data: { occurredAt: string; receivedAt: string }[] }>('/v1/events')).data
      t.equal(event?.occurredAt, new Date(instant).toISOString(), 'the event is not moved to the present')
      t.ok(isNow(event?.receivedAt), 'it was received now')
      t.equal(await calls(`since=${day}`), 1, 'the call began today')
      t.equal(await calls(`until=${day}`), 0, 'the call did not begin before today')

      const { reports } = await get<{ reports: { report_date: string }[] }>('/api/admin/mightycall/reports')
      t.strictSame([...new Set(reports.map(report => report.report_date))], [day], 'reports end with today')
      const stats = await get<{ until: string; totals: { calls: number }[] }>(`/v1/stats/calls?since=${day}`)
      t.equal(stats.totals[0]?.calls, 1, 'statistics count the call today')
      t.ok(isNow(stats.until), 'statistics end now')
      const system = await get<{ webhooks: { lastAt: string | null }[] }>('/v1/system')
      t.ok(isNow(system.webhooks[0]?.lastAt), 'the last webhook came now')

      const create = (expires: string) =>
        runCommand(['keys', 'create', '--role', 'viewer', '--label', 'x', '--expires', expires], env)
      const later = new Date(now() + 10 * MINUTE_MS).toISOString()
      const made = await create(later)
      t.match(made, { code: 0, stderr: `expires ${later}` }, made.stderr)
      const headers = { authorization: `Bearer ${made.stdout.trim()}` }
      t.equal((await fetch(`${service.url}/v1/calls`, { headers })).status, 200, 'a key is valid until it expires')
      t.match(await create(new Date(Date.parse(instant) - MINUTE_MS).toISOString()), {
        code: 1,
        stderr: /MCS_INVALID_PARAMETER/
      })

      const url = await attachEmbeddedPostgres({ dataDir: `${env.DATA_DIR}/postgres` })
      const db = new pg.Client({ connectionString: url ?? '' })
      await db.connect()
      const { rows } = await db.query<{ at: Date }>('select clock_timestamp() as at')
      await db.end()
      t.ok(isNow(rows[0]?.at.toISOString()), 'Postgres has the same clock')
    }
  )
}
