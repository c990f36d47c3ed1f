import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import t from 'tap'
import { type Change, changesAfter, newestChange, sweepChanges, writeChanges } from '../../src/db/changes.js'
import { inTransaction } from '../../src/db/transaction.js'
import { createRandom } from '../../src/simulator/random.js'
import { freshDatabase } from '../support/database.js'
import { seedOf } from '../support/seeds.js'

const change = (object: string): Change => ({ account: 'default', kind: 'call', object })
const write = (pool: pg.Pool, ...objects: string[]) => inTransaction(pool, tx => writeChanges(tx, objects.map(change)))
const age = (pool: pg.Pool, below: number, minutes: number) =>
  pool.query("update changes set changed_at = changed_at - $2 * interval '1 minute' where number < $1", [
    below,
    minutes
  ])

t.test('whoever has seen a number sees all below it, however long writers take to commit', async t => {
  const { pool } = await freshDatabase(t)
  const writer = async (name: string, i: number) => {
    const random = createRandom(seedOf(), i)
    for (let i = 0; i < 15; i++) {
      const objects = Array.from({ length: random.int(1, 3) }, (_, n) => `${name}-${i}-${n}`)
      await inTransaction(pool, async tx => {
        await sleep(random.int(0, 8))
        await writeChanges(tx, objects.map(change))
        await sleep(random.int(0, 8))
        if (random.chance(0.2)) throw new Error('taken back') // its numbers are given to nobody
      }).catch(() => {})
    }
  }
  await write(pool, 'first')
  let writing = true
  const writers = Promise.all(['a', 'b', 'c'].map(writer)).finally(() => {
    writing = false
  })
  const seen: string[] = []
  for (let last = 1, isLast = false; !isLast; ) {
    isLast = !writing
    const found = await changesAfter(pool, last, 5)
    if (!found) return t.fail(`the reading that was at ${last} is lost`)
    seen.push(...found.map(({ object }) => object))
    last = found.at(-1)?.number ?? last
    if (found.length === 5) isLast = false
  }
  await writers
  const { rows } = await pool.query<{ object: string }>('select object from changes order by number')
  t.ok(rows.length > 15)
  t.strictSame(
    ['first', ...seen],
    rows.map(({ object }) => object),
    'each once, in their order'
  )
})

t.test('what is taken back is numbered for nobody, and told to nobody', async t => {
  const { pool } = await freshDatabase(t)
  await t.rejects(
    inTransaction(pool, async tx => {
      await writeChanges(tx, [change('a')])
      throw new Error('taken back')
    })
  )
  t.equal(await newestChange(pool), 0)
  await write(pool, 'b')
  t.equal(await newestChange(pool), 2)
  t.equal(await changesAfter(pool, 0, 10), null, 'number 1 is not there, and may have been swept')
  t.strictSame(await changesAfter(pool, 2, 10), [])
})

t.test('changes of more than an hour are swept, but for the newest of them', async t => {
  const { pool } = await freshDatabase(t)
  await write(pool, 'a', 'b', 'c', 'd', 'e')
  await sweepChanges(pool)
  t.equal((await changesAfter(pool, 0, 10))?.length, 5, 'an hour is not over')
  await age(pool, 4, 61)
  await sweepChanges(pool, 1)
  t.equal(await changesAfter(pool, 2, 10), null, 'swept')
  t.strictSame(
    (await changesAfter(pool, 3, 10))?.map(({ object }) => object),
    ['d', 'e'],
    'whoever was at the newest old one has missed nothing'
  )
  await age(pool, 9, 61)
  await sweepChanges(pool)
  t.strictSame(await changesAfter(pool, 5, 10), [], 'the last one is always there')
  t.equal(await newestChange(pool), 5)
  t.equal(await changesAfter(pool, 6, 10), null, 'a number to come')
})
