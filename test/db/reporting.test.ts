import { randomBytes } from 'node:crypto'
import pg from 'pg'
import t, { type Test } from 'tap'
import { runMigrations } from '../../src/db/migrate.js'
import { type GrantReaderOptions, grantReader } from '../../src/db/reporting/grant-reader.js'
import { REPORTING_VIEWS } from '../../src/db/reporting/views.js'
import { projectedCompany } from '../support/company.js'
import { freshDatabase } from '../support/database.js'
import { START } from '../support/history.js'
import { queryApi } from '../support/query-api.js'

t.test('every view and column has the declared type and comment in the database', async t => {
  const { pool } = await freshDatabase(t)
  const { rows } = await pool.query<{ name: string; comment: string; columns: unknown[] }>(
    `select c.relname as name, obj_description(c.oid, 'pg_class') as comment,
       (select json_agg(json_build_array(attname, format_type(atttypid, atttypmod), col_description(c.oid, attnum))
          order by attnum) from pg_attribute where attrelid = c.oid) as columns
     from pg_class c where relnamespace = 'reporting'::regnamespace order by c.oid`
  )
  t.strictSame(
    rows,
    REPORTING_VIEWS.map(({ name, comment, columns }) => ({
      name,
      comment,
      columns: columns.map(([column, type, , text]) => [column, type, text])
    }))
  )
})

t.test('readers', async t => {
  const { pool, url } = await freshDatabase(t) // one for all, since a database with grants cannot be used again
  await t.test('a reader can read every view, and nothing else', async t => {
    const { role, read } = await reader(t, pool, url)
    for (const { name, columns } of REPORTING_VIEWS)
      t.strictSame(
        (await read(`select * from ${name}`)).fields.map(field => field.name),
        columns.map(([column]) => column),
        name
      )
    const { rows: tables } = await pool.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class
       where relnamespace in ('public'::regnamespace, 'drizzle'::regnamespace) and relkind in ('r', 'p', 'v')`
    )
    t.ok(tables.length > 30)
    for (const { name } of tables)
      await t.rejects(read(`select from ${/\./.test(name) ? name : `public.${name}`}`), { code: '42501' }, name)
    await t.rejects(read('create table public.mine ()'), { code: '25006' }, 'its transactions are read-only')
    await read('set default_transaction_read_only = off')
    for (const statement of [
      'delete from organizations',
      'create table public.mine ()',
      `alter role ${role} superuser`
    ])
      await t.rejects(read(statement), { code: '42501' }, statement)
  })

  await t.test('a role that exists is granted the views again, and keeps its password', async t => {
    const { role, read, grant, connect } = await reader(t, pool, url)
    await pool.query(`revoke all on all tables in schema reporting from ${role}`)
    await t.rejects(read('select from calls'), { code: '42501' })
    t.strictSame(await grant(), { created: false, password: null })
    t.equal((await read('select from calls')).rowCount, 0)
    const renewed = await grant({ newPassword: true })
    t.match(renewed, { created: false, password: /^[\w-]{32}$/ })
    await t.rejects(connect(), { code: '28P01' }, 'the old password is not valid any more')
  })

  await t.test('a role that may do more than read the views is refused', async t => {
    const { role, grant } = await reader(t, pool, url)
    const refusal = { code: 'MCS_DATABASE', message: /may do more than read the views: name another one with --role/ }
    for (const [change, undo] of [
      ['grant select on events to', 'revoke select on events from'],
      ['grant pg_read_all_data to', 'revoke pg_read_all_data from']
    ] as const) {
      await pool.query(`${change} ${role}`)
      await t.rejects(grant(), refusal, change)
      await pool.query(`${undo} ${role}`)
    }
    await pool.query(`alter role ${role} createdb`)
    await t.rejects(grant(), refusal)
  })

  await t.test('a user of the service who may not create roles learns what to do', async t => {
    const { role } = await reader(t, pool, url) // any role without the privilege
    const limited = new pg.Pool({ connectionString: url, options: `-c role=${role}` })
    t.teardown(() => limited.end())
    await t.rejects(grantReader(limited, { role: 'mcs_reader_other', newPassword: false }), {
      code: 'MCS_DATABASE',
      message: /may not create or change roles: have an administrator run "create role mcs_reader_other login"/
    })
  })
})

t.test('views that are missing or differ are created after the migrations, and stay readable', async t => {
  const { pool, url } = await freshDatabase(t)
  const { read } = await reader(t, pool, url)
  await pool.query('drop view reporting.calls')
  await pool.query('drop view reporting.gaps')
  await pool.query('create view reporting.gaps as select 1 as other') // as an earlier version may have had it
  await pool.query("comment on schema reporting is 'of an earlier version'")
  await pool.query('create view of_others as select id from reporting.messages')
  await runMigrations(url)
  t.equal((await read('select id from calls')).rowCount, 0)
  t.equal((await read('select missing from gaps')).rowCount, 0)
  t.equal((await pool.query('select from of_others')).rowCount, 0, 'what others have built on views is kept')

  const created = await oidOf('calls')
  await runMigrations(url)
  t.equal(await oidOf('calls'), created, 'a view that is as declared is not touched')
  await pool.query('drop view reporting.calls')
  await pool.query("insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 9999999999999)")
  await runMigrations(url)
  t.equal(await oidOf('calls'), null, 'an earlier version leaves the views of a newer schema alone')

  async function oidOf(view: string): Promise<number | null> {
    const { rows } = await pool.query<{ oid: number | null }>('select to_regclass($1)::oid as oid', [
      `reporting.${view}`
    ])
    return rows[0]?.oid ?? null
  }
})

t.test('the views show what the API answers', async t => {
  const { pool } = await projectedCompany(t)
  const { get } = await queryApi(t, pool, () => new Date(START + 48 * 3_600_000))
  const { data } = (await get('/v1/calls?limit=500')).json<{ data: Record<string, unknown>[] }>()
  const { rows } = await pool.query(
    `select id, direction, state, outcome, business_number as "businessNumber", started_at as "startedAt",
       answered_at as "answeredAt", ended_at as "endedAt", wait_seconds as "waitSeconds",
       talk_seconds as "talkSeconds", answered_by as "answeredBy", lost_in_transfer as "lostInTransfer"
     from reporting.calls order by started_at desc, account desc, id desc`
  )
  t.ok(rows.length > 10)
  t.match(data, JSON.parse(JSON.stringify(rows)))
  const legs = await pool.query<{ n: number }>('select count(*)::int as n from reporting.call_legs')
  t.equal(legs.rows[0]?.n, data.flatMap(({ legs }) => legs).length)
})

t.test('a call belongs to the organization that owned its business number when it began', async t => {
  const { pool } = await freshDatabase(t)
  const [first, second] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
  await pool.query(
    `insert into number_ownerships (account, number, owned_from, owned_until, organization) values
       ('a', '+15550347567', '2026-01-01', '2026-02-01', $1), ('a', '+15550347567', '2026-02-01', null, $2)`,
    [first, second]
  )
  for (const [id, startedAt] of [
    ['before', '2025-12-31T23:59:59Z'],
    ['first', '2026-01-01T00:00:00Z'],
    ['second', '2026-02-01T00:00:00Z']
  ])
    await pool.query(
      `insert into call_history (account, call_id, direction, state, business_number, started_at, last_event_at,
         webhook_events, rest_events, contribution)
       values ('a', $1, 'inbound', 'ringing', '+15550347567', $2, $2, 1, 0, '[]')`,
      [id, startedAt]
    )
  const { rows } = await pool.query('select id, organization_id, stale from reporting.calls order by started_at')
  t.strictSame(rows, [
    { id: 'before', organization_id: null, stale: true },
    { id: 'first', organization_id: first, stale: true },
    { id: 'second', organization_id: second, stale: true }
  ])
})

/** Creates a role that may read the views of the database. It is dropped when the test ends. */
async function reader(t: Test, pool: pg.Pool, url: string) {
  const role = `mcs_reader_${randomBytes(4).toString('hex')}`
  const grant = (options: Partial<GrantReaderOptions> = {}) =>
    grantReader(pool, { role, newPassword: false, ...options })
  t.teardown(async () => {
    await pool.query(`drop owned by ${role}; drop role ${role}`)
  })
  const { created, password } = await grant()
  t.ok(created)
  async function connect(): Promise<pg.Client> {
    const address = Object.assign(new URL(url), { username: role, password: password ?? '' }).href
    const client = new pg.Client({ connectionString: address })
    await client.connect()
    return client
  }
  const client = await connect()
  t.teardown(() => client.end())
  return { role, grant, connect, read: (sql: string) => client.query(sql) }
}
