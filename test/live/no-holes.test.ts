import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import t, { type Test } from 'tap'
import { type Change, writeChanges } from '../../src/db/changes.js'
import { inTransaction } from '../../src/db/transaction.js'
import { createRandom } from '../../src/simulator/random.js'
import { eventually } from '../support/eventually.js'
import { type LiveApiOptions, liveApi } from '../support/live.js'
import type { LiveClient } from '../support/live-client.js'
import { seedOf } from '../support/seeds.js'

const WRITERS = ['a', 'b', 'c']
const TRANSACTIONS = 25

/** Changes of calls that do not exist: viewers who may see every id receive each of them as a deletion. */
const change = (object: string): Change => ({ account: 'default', kind: 'call', object })

/** Writes each object once, in transactions that commit after random times or are rolled back. */
async function writeSlowly(pool: pg.Pool, name: string): Promise<void> {
  const random = createRandom(seedOf(), WRITERS.indexOf(name))
  for (let i = 0; i < TRANSACTIONS; i++) {
    await inTransaction(pool, async tx => {
      await sleep(random.int(0, 10))
      await writeChanges(
        tx,
        Array.from({ length: random.int(1, 3) }, (_, n) => change(`${name}-${i}-${n}`))
      )
      await sleep(random.int(0, 20))
      if (random.chance(0.1)) throw new Error('roll back')
    }).catch(() => {})
  }
}

const deliveredIds = ({ events }: LiveClient) => events.map(({ data }) => data.id)
const committed = async (pool: pg.Pool, after: string) =>
  (
    await pool.query<{ object: string }>('select object from changes where number > $1 order by number', [after])
  ).rows.map(({ object }) => object)

async function apiWithFirstChange(t: Test, limits = {}, options: LiveApiOptions = {}) {
  const api = await liveApi(t, { limits, ...options })
  await inTransaction(api.pool, tx => writeChanges(tx, [change('first')]))
  return api
}

t.test('clients receive every change exactly once, even with late commits and reconnections', async t => {
  const { pool, watch } = await apiWithFirstChange(t)
  const permanent = await watch('?kinds=call')
  const writing = Promise.all(WRITERS.map(name => writeSlowly(pool, name)))
  let isWriting = true
  writing.finally(() => {
    isWriting = false
  })
  const received: string[] = []
  const random = createRandom(seedOf(), WRITERS.length)
  for (let from = '1', isLast = false; !isLast; ) {
    isLast = !isWriting
    const client = await watch('?kinds=call', { lastEventId: from })
    if (isLast)
      await eventually(
        'the remaining changes arrive',
        async () => deliveredIds(client).length === (await committed(pool, from)).length
      )
    else await sleep(random.int(0, 120))
    client.close()
    received.push(...deliveredIds(client).map(String))
    from = client.lastId()
  }
  await writing
  const all = await committed(pool, '1')
  t.ok(all.length > 40, 'enough changes were committed')
  t.strictSame(received, all, 'over many connections')
  await eventually('the permanent client has received all changes', () => deliveredIds(permanent).length >= all.length)
  t.strictSame(deliveredIds(permanent), all)
})

t.test('the LISTEN connection is re-established when it is cut, and no change is missed', async t => {
  const { pool, watch } = await apiWithFirstChange(t, { pollMs: 60_000 })
  const client = await watch('?kinds=call')
  const writing = Promise.all(WRITERS.map(name => writeSlowly(pool, name)))
  let cuts = 0
  for (let isWriting = true; isWriting; ) {
    isWriting = await Promise.race([writing.then(() => false), sleep(150, true)])
    const { rows } = await pool.query(
      `select pg_terminate_backend(pid) as cut from pg_stat_activity
         where datname = current_database() and query like 'listen %'`
    )
    cuts += rows.length
  }
  t.ok(cuts > 1, 'the connection was cut several times')
  const all = await committed(pool, '1')
  await eventually('all changes arrive', () => deliveredIds(client).length >= all.length)
  t.strictSame(deliveredIds(client), all)
})

t.test('changes are polled while LISTEN is not possible', async t => {
  const { pool, watch } = await apiWithFirstChange(t, { pollMs: 50 }, { cannotListen: true })
  const client = await watch('?kinds=call')
  for (const object of ['x', 'y']) {
    await inTransaction(pool, tx => writeChanges(tx, [change(object)]))
    await eventually('the change arrives', () => deliveredIds(client).includes(object))
  }
})

t.test('no statements are sent while nothing changes', async t => {
  const { pool, watch, statements } = await apiWithFirstChange(t, { pollMs: 20, heartbeatMs: 20 })
  const clients = [await watch('?kinds=call,agent'), await watch('?kinds=voicemail')]
  const listening = async () =>
    (await pool.query("select from pg_stat_activity where datname = current_database() and query like 'listen %'"))
      .rowCount === 1
  await eventually('the LISTEN connection is open', listening)
  await inTransaction(pool, tx => writeChanges(tx, [change('x')]))
  await eventually('both clients have received the change', () => clients.every(client => client.lastId() === '2'))
  await eventually('the statements of this change have finished', () =>
    clients.every(client => client.beats.length > 5)
  )
  const before = statements.length
  const beats = clients[0]?.text().length ?? 0
  await eventually('many heartbeats', () => (clients[0]?.text().length ?? 0) > beats + 500)
  t.strictSame(statements.slice(before), [])
  t.ok(await listening())
})
