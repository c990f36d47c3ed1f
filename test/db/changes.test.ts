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

t.test('a reader that has seen a number sees all lower ones, however long writers take to commit', async t => {
  const { pool } = await freshDatabase(t)
  const writer = async (name: string, i: number) => {
    const random = createRandom(seedOf(), i)
    for (let i = 0; i < 15; i++) {
      const objects = Array.from({ length: random.int(1, 3) }, (_, n) => `${name}-${i}-${n}`)
      await inTransaction(pool, async tx => {
        await sleep(random.int(0, 8))
        await writeChanges(tx, objects.map(change))
        await sleep(random.int(0, 8))
        if (random.chance(0.2)) throw new Error('rolled back') // its numbers are not used
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
    if (!found) return t.fail(`the change ${last} is missing`)
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
    'each once, in order'
  )
})

t.test('changes that are rolled back are not visible', async t => {
  const { pool } = await freshDatabase(t)
  await t.rejects(
    inTransaction(pool, async tx => {
      await writeChanges(tx, [change('a')])
      throw new Error('rolled back')
    })
  )
  t.equal(await newestChange(pool), 0)
  await write(pool, 'b')
  t.equal(await newestChange(pool), 2)
  t.equal(await changesAfter(pool, 0, 10), null, 'number 1 does not exist, and could have been removed')
  t.strictSame(await changesAfter(pool, 2, 10), [])
})

t.test('changes older than an hour are removed, except for the newest of them', async t => {
  const { pool } = await freshDatabase(t)
  await write(pool, 'a', 'b', 'c', 'd', 'e')
  await sweepChanges(pool)
  t.equal((await changesAfter(pool, 0, 10))?.length, 5, 'no change is older than an hour')
  await age(pool, 4, 61)
  await sweepChanges(pool, 1)
  t.equal(await changesAfter(pool, 2, 10), null, 'it was removed')
  t.strictSame(
    (await changesAfter(pool, 3, 10))?.map(({ object }) => object),
    ['d', 'e'],
    'a reader that has seen the newest old change can continue'
  )
  await age(pool, 9, 61)
  await sweepChanges(pool)
  t.strictSame(await changesAfter(pool, 5, 10), [], 'the newest change is always kept')
  t.equal(await newestChange(pool), 5)
  t.equal(await changesAfter(pool, 6, 10), null, 'a number that does not exist yet')
})
