import type pg from 'pg'
import t from 'tap'
import { encodeEvent } from '../../src/events/record.js'
import { isDatabaseUnavailable } from '../../src/lib/sqlstate.js'
import { projectBatch } from '../../src/project/batch/project-batch.js'
import { eventually } from '../support/eventually.js'
import { history } from '../support/history.js'
import { ANSWERED, NOW, PARTITION_KEY, projector, stored } from '../support/projection.js'
import { SETTINGS } from '../support/settings.js'

const RECORDS = stored(history(ANSWERED).map(encodeEvent))
const TABLES = ['events', 'entities', 'call_history', 'mightycall_reports', 'dead_letters', 'checkpoints']

t.test(
  'a connection lost before any statement of a batch loses no event, duplicates none and makes no dead letter',
  async t => {
    const { pool, count } = await projector(t)
    const statements = interruptedPool(pool, Number.POSITIVE_INFINITY)
    await projectBatch(statements.pool, PARTITION_KEY, RECORDS, { now: NOW, settings: SETTINGS })
    const total = statements.count()
    const whole = await contents(pool)
    t.ok(total > 8, `${total} statements`)
    for (let nth = 1; nth <= total; nth++) {
      await pool.query(`truncate ${TABLES.join(', ')}`)
      const err = await projectBatch(interruptedPool(pool, nth).pool, PARTITION_KEY, RECORDS, {
        now: NOW,
        settings: SETTINGS
      }).catch((err: unknown) => err)
      t.equal(isDatabaseUnavailable(err), true, `the connection is lost before statement ${nth}`)
      for (const table of TABLES) t.equal(await count(table), 0, `nothing is committed to ${table}`)
      t.match(await projectBatch(pool, PARTITION_KEY, RECORDS, { now: NOW, settings: SETTINGS }), {
        records: 4,
        deadLetters: [],
        failures: []
      })
      t.strictSame(await contents(pool), whole, 'the next attempt commits everything')
    }
  }
)

for (const [name, code] of [
  ['a full disk', '53100'],
  ['no memory', '53200'],
  ['a deadlock', '40P01'],
  ['a serialization failure', '40001'],
  ['a shutdown', '57P01'],
  ['a read-only server', '25006']
] as const) {
  t.test(`${name} commits nothing and makes no dead letter`, async t => {
    const { pool, count, project } = await projector(t)
    await pool.query(
      `create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'no' using errcode = '${code}'; end $$`
    )
    for (const table of TABLES) {
      await pool.query(`create trigger refuse before insert or update on ${table} execute function refuse()`)
      if (!['mightycall_reports', 'dead_letters'].includes(table))
        await t.rejects(project(history(ANSWERED)), { code }, table)
      for (const each of TABLES) t.equal(await count(each), 0, `${table} refuses: ${each} is empty`)
      await pool.query(`drop trigger refuse on ${table}`)
    }
    t.match(await project(history(ANSWERED)), { records: 4, deadLetters: [], failures: [] })
  })
}

/** A pool whose connections are terminated just before their nth statement, as by a restart of the server. */
function interruptedPool(pool: pg.Pool, nth: number): { pool: pg.Pool; count: () => number } {
  let count = 0
  const connect = async () => {
    const client = await pool.connect()
    const {
      rows: [row]
    } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    // the overload that returns a promise
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
    const interrupted = async (...args: unknown[]) => {
      if (++count === nth) {
        await pool.query('select pg_terminate_backend($1)', [row?.pid])
        await eventually(
          'the backend is gone',
          async () => (await pool.query('select from pg_stat_activity where pid = $1', [row?.pid])).rowCount === 0
        )
      }
      return query(...args)
    }
    return Object.assign(client, { query: interrupted })
  }
  return {
    pool: new Proxy(pool, {
      get: (target, name) => (name === 'connect' ? connect : (Reflect.get(target, name) as unknown))
    }),
    count: () => count
  }
}

async function contents(pool: pg.Pool): Promise<unknown[]> {
  return Promise.all(TABLES.map(async table => (await pool.query(`select * from ${table} order by 1, 2, 3, 4`)).rows))
}
