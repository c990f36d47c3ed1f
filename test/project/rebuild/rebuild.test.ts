import type pg from 'pg'
import t, { type Test } from 'tap'
import { columnsOf } from '../../../src/db/bulk-sql.js'
import { callHistory } from '../../../src/db/schema/calls.js'
import type { Difference } from '../../../src/project/rebuild/compare.js'
import { rebuild } from '../../../src/project/rebuild/rebuild.js'
import { projectedCompany } from '../../support/company.js'
import { SETTINGS } from '../../support/settings.js'

async function differences(pool: pg.Pool, { dryRun = true } = {}): Promise<Difference[]> {
  const found: Difference[] = []
  const { finished, differences, failures } = await rebuild({
    pool,
    settings: SETTINGS,
    now: () => new Date(),
    dryRun,
    chunkSize: 25,
    onDifference: difference => {
      found.push(difference)
    }
  })
  if (!finished || failures.length > 0 || differences !== found.length) throw new Error('the rebuild did not finish')
  return found
}

/** The differences that a dry run reports, that a rebuild then repairs, and that are gone afterwards. */
async function repaired(t: Test, pool: pg.Pool): Promise<Difference[]> {
  const reported = await differences(pool)
  t.strictSame(await differences(pool, { dryRun: false }), reported, 'a dry run reports what a rebuild repairs')
  t.strictSame(await differences(pool), [], 'no difference is left')
  return reported
}

t.test('after a projection no row differs from its events', async t => {
  const { pool } = await projectedCompany(t)
  t.strictSame(await differences(pool), [])
})

const TAMPERED = [
  ['call_history', 'call_id', 'talk_seconds = coalesce(talk_seconds, 0) + 1', ['talk_seconds']],
  ['call_history', 'call_id', "outcome = 'imagined'", ['outcome']],
  ['voicemail_logs', 'voicemail_id', 'read = read is not true', ['read']],
  ['sms_logs', 'message_id', "text = 'changed', state = 'pending'", ['text', 'state']],
  ['phone_numbers', 'number', 'is_active = not is_active', ['is_active']],
  ['mightycall_extensions', 'extension', "display_name = 'Nobody'", ['display_name']],
  ['contacts', 'contact_id', "channels = '[]'", ['channels']],
  ['polled_ranges', 'range_id', 'count = count + 1', ['count']]
] as const

for (const [table, entity, change, fields] of TAMPERED) {
  t.test(`a rebuild reports only the row of ${table} whose ${fields.join(' and ')} were changed by hand`, async t => {
    const { pool } = await projectedCompany(t)
    const some = table === 'mightycall_extensions' ? 'display_name is not null' : 'true'
    const {
      rows: [row]
    } = await pool.query<{ account: string; entity: string }>(
      `update ${table} set ${change}
      where ${entity} = (select ${entity} from ${table} where ${some} order by 1 limit 1)
      returning account, ${entity} as entity`
    )
    t.strictSame(await repaired(t, pool), [{ table, account: row?.account, entity: row?.entity, fields: [...fields] }])
  })
}

t.test('a span of presence that is changed, missing or extra is reported', async t => {
  const { pool } = await projectedCompany(t)
  const {
    rows: [span]
  } = await pool.query<{ extension: string }>(
    `update agent_presence set presence = 'away'
    where (extension, since) = (select extension, since from agent_presence order by 1, 2 limit 1) returning extension`
  )
  t.strictSame(await repaired(t, pool), [
    { table: 'agent_presence', account: 'default', entity: span?.extension, fields: ['presence'] }
  ])
  await pool.query(
    `delete from agent_presence
    where (extension, since) = (select extension, since from agent_presence order by 1, 2 limit 1)`
  )
  t.match(await repaired(t, pool), [{ entity: span?.extension, fields: ['missing'] }])
  await pool.query(
    `insert into agent_presence (account, extension, since, presence, source, seen_at)
    values ('default', $1, '2020-01-01', 'dnd', 'rest', '2020-01-01')`,
    [span?.extension]
  )
  t.match(await repaired(t, pool), [{ entity: span?.extension, fields: ['extra'] }])
})

t.test('a row is reported once, and removed, when the events of its entity have moved', async t => {
  const { pool } = await projectedCompany(t)
  const [from, to] = (
    await pool.query<{ entity: string }>("select entity from entities where kind = 'call' order by entity limit 2")
  ).rows.map(({ entity }) => entity)
  await pool.query("update events set entity = $2 where kind = 'call' and entity = $1", [from, to])
  const extra = (await repaired(t, pool)).filter(
    ({ table, fields }) => table === 'call_history' && fields[0] === 'extra'
  )
  t.strictSame(extra, [{ table: 'call_history', account: 'default', entity: from, fields: ['extra'] }])
})

t.test('a missing row is restored, and a row without events is removed with its part of the reports', async t => {
  const { pool } = await projectedCompany(t)
  const reports = () =>
    pool.query('select * from mightycall_reports where calls > 0 order by 1, 2, 3, 4').then(({ rows }) => rows)
  const before = await reports()
  const {
    rows: [call]
  } = await pool.query<{ call_id: string }>(
    'delete from call_history where call_id = (select min(call_id) from call_history) returning call_id'
  )
  const lost = await differences(pool)
  t.match(lost[0], { table: 'call_history', entity: call?.call_id, fields: ['missing'] })
  t.ok(
    lost.slice(1).every(({ table }) => table === 'mightycall_reports'),
    'the sums differ from the rows'
  )
  await differences(pool, { dryRun: false })
  t.strictSame(await differences(pool), [])
  t.strictSame(await reports(), before)

  const columns = columnsOf(callHistory).map(({ name }) => name)
  await pool.query(
    `insert into call_history (${columns.join(', ')})
    select ${columns.map(column => (column === 'call_id' ? "'ghost'" : column)).join(', ')}
    from call_history where call_id = $1`,
    [call?.call_id]
  )
  t.match((await differences(pool))[0], { table: 'call_history', entity: 'ghost', fields: ['extra'] })
  await differences(pool, { dryRun: false })
  t.strictSame(await differences(pool), [])
  t.strictSame(await reports(), before)
})

t.test('a sum that was changed by hand is reported and repaired', async t => {
  const { pool } = await projectedCompany(t)
  await pool.query(
    `update mightycall_reports set answered = answered + 1 where (report_date, business_number, extension) = (
      select report_date, business_number, extension from mightycall_reports order by 1, 2, 3 limit 1)`
  )
  t.match(await repaired(t, pool), [{ table: 'mightycall_reports', fields: ['answered'] }])
})

t.test('an extension that only calls name is restored', async t => {
  const { pool } = await projectedCompany(t)
  await pool.query("delete from mightycall_extensions where extension = '101'")
  const lost = await differences(pool)
  t.ok(
    lost.some(
      ({ table, entity, fields }) => table === 'mightycall_extensions' && entity === '101' && fields.includes('missing')
    )
  )
  t.ok(lost.every(({ entity }) => entity === '101'))
  await differences(pool, { dryRun: false })
  t.strictSame(await differences(pool), [])
})
