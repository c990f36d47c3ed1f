import { randomBytes } from 'node:crypto'
import pg from 'pg'

/**
 * Databases cloned from a template, which are emptied and reused together with their connections: creating one takes
 * half a second of CPU, because Postgres copies hundreds of files, and a new connection takes more than most queries.
 *
 * A database of which a test has changed more than rows (tables, triggers, settings, statistics of the planner) is
 * dropped.
 */
export interface ReusableDatabases {
  acquire: () => Promise<ReusableDatabase>
}

/** An empty database. */
interface ReusableDatabase {
  name: string
  pool: pg.Pool
  /** @param isPrivate  true when no other connections than those of the pool can have been opened */
  release: (options: { isPrivate: boolean }) => Promise<void>
}

const MAX_CONNECTIONS = 4
const TRUNCATE_FROM_BYTES = 65_536 // larger tables would leave many dead rows behind; TRUNCATE takes 5 ms a table

/** Everything but rows that can differ from a new clone of the template. `reltuples` reveals an ANALYZE. */
const FINGERPRINT = `
  with relations as (
    select c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  ), lines as (
    select format('relation %s', jsonb_build_array(oid::int8, relname, relkind, relpersistence, reltuples > 0,
      relhastriggers, relacl::text, reloptions)) as line from relations
    union all
    select format('column %s', jsonb_build_array(attrelid::int8, attname, atttypid::int8, attnotnull, atthasdef,
      attisdropped, attoptions)) from pg_attribute where attrelid in (select oid from relations)
    union all
    select format('constraint %s', jsonb_build_array(oid::int8, conname, convalidated)) from pg_constraint
    union all
    select format('trigger %s', jsonb_build_array(oid::int8, tgname, tgenabled)) from pg_trigger
    union all
    select format('function %s', jsonb_build_array(oid::int8, md5(prosrc))) from pg_proc where oid >= 16384
    union all
    select format('namespace %s', nspname) from pg_namespace where nspname !~ '^pg_(temp|toast)'
    union all
    select format('database %s', jsonb_build_array(datallowconn, datconnlimit))
      from pg_database where datname = current_database()
    union all
    select format('setting %s', setconfig) from pg_db_role_setting
      where setdatabase = (select oid from pg_database where datname = current_database())
  )
  select md5(string_agg(line, E'\\n' order by line)) as fingerprint from lines`

const EMPTY = `
  do $$
  declare
    stored record;
  begin
    set local session_replication_role = replica; -- no triggers, no checks of foreign keys
    for stored in
      select c.oid::regclass as name, pg_relation_size(c.oid) as bytes
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind = 'r' and pg_relation_size(c.oid) > 0
    loop
      if stored.bytes < ${TRUNCATE_FROM_BYTES} then
        execute format('delete from %s', stored.name);
      else
        execute format('truncate %s cascade', stored.name);
      end if;
    end loop;
    perform setval(seqrelid::regclass, seqstart, false) from pg_sequence join pg_class c on c.oid = seqrelid
      where c.relnamespace = 'public'::regnamespace and pg_sequence_last_value(seqrelid::regclass) is not null;
  end $$`

/** DISCARD ALL would also forget named statements, which the client believes to be prepared. */
const RESET_SESSION = 'reset all; unlisten *; select pg_advisory_unlock_all(); discard temp'

export function createReusableDatabases(server: string, template: string): ReusableDatabases {
  const free: string[] = []
  const idlePools = new Map<string, pg.Pool>()
  let fingerprint: string | null = null

  return {
    async acquire() {
      const name = free.pop() ?? (await create())
      const pool = idlePools.get(name) ?? poolOf(name)
      idlePools.delete(name)
      const state = stateOf(pool)
      // Idle connections do not keep the process alive, so that they can stay open after the last test of a file.
      const keepAlive = setInterval(() => {}, 60_000)
      return {
        name,
        pool,
        release: async ({ isPrivate }) => {
          clearInterval(keepAlive)
          const canReusePool = isPrivate && stateOf(pool) === state && (await keepPool(pool))
          if (!canReusePool) return releaseWithoutPool(name, pool)
          free.push(name)
          idlePools.set(name, pool)
        }
      }
    }
  }

  async function create(): Promise<string> {
    const name = newName()
    await statement(server, `create database ${name} template ${template}`)
    fingerprint ??= await connected(databaseUrl(server, name), readFingerprint)
    return name
  }

  function poolOf(name: string): pg.Pool {
    const connectionString = databaseUrl(server, name)
    const pool = new pg.Pool({ connectionString, max: MAX_CONNECTIONS, allowExitOnIdle: true })
    pool.on('error', () => {}) // a test may cut idle connections
    return pool
  }

  /** Empties the database and resets its sessions. Returns false when a test has changed anything else. */
  async function keepPool(pool: pg.Pool): Promise<boolean> {
    if (pool.totalCount === 0 || pool.totalCount > pool.idleCount) return false
    const clients = await Promise.all(Array.from({ length: pool.totalCount }, () => pool.connect()))
    try {
      if (clients.some(client => client.listenerCount('notification') > 0)) return false
      await Promise.all(clients.map(client => client.query(RESET_SESSION)))
      return await (clients[0] ? emptyUnlessChanged(clients[0]) : false)
    } catch {
      return false // the test has cut a connection
    } finally {
      for (const client of clients) client.release()
    }
  }

  async function releaseWithoutPool(name: string, pool: pg.Pool): Promise<void> {
    if (!pool.ending) await pool.end()
    const renamed = newName() // so that a process that still has the old name finds no database
    const isEmpty = await connected(server, async client => {
      await client.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [name])
      await client.query(`alter database ${name} rename to ${renamed}`)
      return connected(databaseUrl(server, renamed), emptyUnlessChanged)
    }).catch(() => null) // a test may have made it unusable, or left a client that keeps reconnecting
    if (isEmpty) free.push(renamed)
    else
      for (const dropped of [name, renamed]) await statement(server, `drop database if exists ${dropped} with (force)`)
  }

  async function emptyUnlessChanged(client: pg.ClientBase): Promise<boolean> {
    if ((await readFingerprint(client)) !== fingerprint) return false
    await client.query(EMPTY)
    return true
  }
}

/** What a test may change of a pool: its methods, its listeners and its options. */
function stateOf(pool: pg.Pool): string {
  const listeners = pool.eventNames().map(name => [String(name), pool.listenerCount(name)])
  return JSON.stringify([Object.keys(pool), listeners, pool.options.max, pool.ending])
}

function newName(): string {
  return `mcs_test_${randomBytes(6).toString('hex')}`
}

async function readFingerprint(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ fingerprint: string }>(FINGERPRINT)
  return rows[0]?.fingerprint ?? ''
}

/** Returns the URL of another database on the same server. */
export function databaseUrl(server: string, name: string): string {
  return server.replace(/\/[^/?]*(?=\?|$)/, `/${name}`)
}

/** Runs a statement on its own connection, because CREATE DATABASE cannot run in a transaction. */
export function statement(url: string, sql: string): Promise<pg.QueryResult> {
  return connected(url, client => client.query(sql))
}

async function connected<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return use(client).finally(() => client.end())
}
