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

/** Objects that are no calls: that each is gone is told to whoever may see every id, with its number. */
const change = (object: string): Change => ({ account: 'default', kind: 'call', object })

/** Commits after random times, sometimes not at all; each object is written once. */
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
      if (random.chance(0.1)) throw new Error('taken back')
    }).catch(() => {})
  }
}

const told = ({ events }: LiveClient) => events.map(({ data }) => data.id)
const committed = async (pool: pg.Pool, after: string) =>
  (
    await pool.query<{ object: string }>('select object from changes where number > $1 order by number', [after])
  ).rows.map(({ object }) => object)

async function beginning(t: Test, limits = {}, setting: LiveApiOptions = {}) {
  const api = await liveApi(t, { limits, ...setting })
  await inTransaction(api.pool, tx => writeChanges(tx, [change('first')]))
  return api
}

t.test(
  'no client misses anything or is told anything twice, though commits come late and clients come and go',
  async t => {
    const { pool, watch } = await beginning(t)
    const stays = await watch('?kinds=call')
    const writing = Promise.all(WRITERS.map(name => writeSlowly(pool, name)))
    let isWriting = true
    writing.finally(() => {
      isWriting = false
    })
    const parts: string[] = []
    const random = createRandom(seedOf(), WRITERS.length)
    for (let from = '1', isLast = false; !isLast; ) {
      isLast = !isWriting
      const client = await watch('?kinds=call', { lastEventId: from })
      if (isLast)
        await eventually('all the rest', async () => told(client).length === (await committed(pool, from)).length)
      else await sleep(random.int(0, 120))
      client.close()
      parts.push(...told(client).map(String))
      from = client.lastId()
    }
    await writing
    const all = await committed(pool, '1')
    t.ok(all.length > 40, 'there was something to miss')
    t.strictSame(parts, all, 'in many parts')
    await eventually('the one that stayed has all', () => told(stays).length >= all.length)
    t.strictSame(told(stays), all)
  }
)

t.test(
  'the connection that hears of changes is made again when it is cut, and nothing is missed meanwhile',
  async t => {
    const { pool, watch } = await beginning(t, { pollMs: 60_000 })
    const client = await watch('?kinds=call')
    const writing = Promise.all(WRITERS.map(name => writeSlowly(pool, name)))
    let cuts = 0
    for (let isWriting = true; isWriting; ) {
      isWriting = await Promise.race([writing.then(() => false), sleep(150, true)])
      const { rows } = await pool.query(
        "select pg_terminate_backend(pid) as cut from pg_stat_activity where datname = current_database() and query like 'listen %'"
      )
      cuts += rows.length
    }
    t.ok(cuts > 1, 'it was cut')
    const all = await committed(pool, '1')
    await eventually('all is told', () => told(client).length >= all.length)
    t.strictSame(told(client), all)
  }
)

t.test('while changes cannot be heard of, they are looked for', async t => {
  const { pool, watch } = await beginning(t, { pollMs: 50 }, { cannotListen: true })
  const client = await watch('?kinds=call')
  for (const object of ['x', 'y']) {
    await inTransaction(pool, tx => writeChanges(tx, [change(object)]))
    await eventually('it is told', () => told(client).includes(object))
  }
})

t.test('while nothing changes, nothing is asked of the database', async t => {
  const { pool, watch, statements } = await beginning(t, { pollMs: 20, heartbeatMs: 20 })
  const clients = [await watch('?kinds=call,agent'), await watch('?kinds=voicemail')]
  const listening = async () =>
    (await pool.query("select from pg_stat_activity where datname = current_database() and query like 'listen %'"))
      .rowCount === 1
  await eventually('it listens', listening)
  await inTransaction(pool, tx => writeChanges(tx, [change('x')]))
  await eventually('both are there', () => clients.every(client => client.lastId() === '2'))
  await eventually('what was asked for this has come', () =>
    clients.every(client => (client.text().match(/heartbeat/g)?.length ?? 0) > 5)
  )
  const before = statements.length
  const beats = clients[0]?.text().length ?? 0
  await eventually('many heartbeats', () => (clients[0]?.text().length ?? 0) > beats + 500)
  t.strictSame(statements.slice(before), [])
  t.ok(await listening())
})
