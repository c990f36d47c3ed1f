import fc from 'fast-check'
import t from 'tap'
import { pageAt, paginate } from '../../../src/reconcile/routes/paginate.js'
import { seedOf } from '../../support/seeds.js'

/** Reads a list that `change` may alter before each question, by position or by the number of a page. */
async function read(
  list: string[],
  {
    size,
    numbered = false,
    total = false,
    most = Number.POSITIVE_INFINITY,
    change = () => {}
  }: { size: number; numbered?: boolean; total?: boolean; most?: number; change?: (asked: number) => void }
) {
  const found: string[] = []
  let asked = 0
  const ask = async (from: number, size: number) => {
    change(asked++)
    const { page, pageSize, start } = numbered ? pageAt(from, size) : { page: 0, pageSize: size, start: from }
    const given = Math.min(pageSize, most)
    const first = numbered ? (page - 1) * given : start // a MightyCall that gives less counts pages by what it gives
    return { ids: list.slice(first, first + given), start, size: pageSize, total: total ? list.length : null }
  }
  let fresh = 0
  for await (const step of paginate(size, ask)) {
    found.push(...step.slice.ids)
    fresh += step.newRows
  }
  return { found: new Set(found), fresh, asked }
}

interface Change {
  at: number
  gone: number
  come: number
}

/** Which rows were there during the whole reading, one change after each question, and yet not found. */
async function missed({
  size,
  count,
  changes,
  total = false,
  numbered
}: {
  size: number
  count: number
  changes: readonly Change[]
  total?: boolean
  numbered: boolean
}) {
  const list = rows(count)
  const change = (asked: number) => {
    // There is no change after the first request, nor after the changes have been made.
    for (const { at, gone, come } of asked === 0 ? [] : changes.slice(asked - 1, asked)) {
      list.splice(at, gone)
      // More than a page at once would be a repetition.
      list.unshift(...Array.from({ length: Math.min(come, size >> 1) }, (_, i) => `new ${asked} ${i}`))
    }
  }
  const { found } = await read(list, { size, numbered, total, change })
  return list.filter(row => row.startsWith('row') && !found.has(row))
}

const rows = (count: number) => Array.from({ length: count }, (_, i) => `row ${i}`)

for (const numbered of [false, true]) {
  const way = numbered ? 'by the numbers of pages' : 'by position'
  t.test(`a list is read in full ${way}, each row counted once`, async t => {
    for (const [count, size, asked] of [
      [0, 10, 1],
      [1, 10, 1],
      [9, 10, 1],
      [10, 10, 2],
      [11, 10, 2],
      [1000, 100, 11],
      [70, 20, 5]
    ] as const) {
      for (const total of [false, true]) {
        const result = await read(rows(count), { size, numbered, total })
        t.strictSame([...result.found], rows(count), `${count} rows`)
        t.equal(result.fresh, count)
        t.ok(result.asked <= asked + 1, `${result.asked} requests`)
      }
    }
  })

  t.test(`rows that go while a list is read ${way} take no other with them`, async t => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 40 }),
        fc.integer({ min: 0, max: 200 }),
        fc.array(fc.record({ at: fc.nat(220), gone: fc.nat(60), come: fc.nat(5) }), { maxLength: 4 }),
        fc.boolean(),
        async (size, count, changes, total) => {
          t.strictSame(await missed({ size, count, changes, total, numbered }), [])
        }
      ),
      { seed: seedOf(), numRuns: 300 }
    )
  })

  t.test(`rows that come again ${way} because one went back for rows that had gone are no repetition`, async t => {
    const changes = [
      { at: 0, gone: 0, come: 3 },
      { at: 0, gone: 0, come: 1 },
      { at: 0, gone: 0, come: 2 },
      { at: 0, gone: 5, come: 0 }
    ]
    t.strictSame(await missed({ size: 21, count: 62, changes, numbered }), [])
    const quiet = Array.from({ length: 9 }, () => ({ at: 0, gone: 0, come: 0 }))
    t.strictSame(
      await missed({ size: 20, count: 400, changes: [...quiet, { at: 0, gone: 70, come: 0 }], numbered }),
      []
    )
  })

  t.test(
    `a MightyCall that gives fewer rows than it is asked for ${way} is read in full when it says how many there are`,
    async t => {
      const { found } = await read(rows(250), { size: 1000, numbered, total: true, most: 100 })
      t.equal(found.size, 250)
    }
  )
}

t.test('a list that gives the same rows for ever is an error, not an endless reading', async t => {
  const same = paginate(2, async from => ({ ids: ['a', 'b'], start: from, size: 2, total: 9 }))
  await t.rejects(
    (async () => {
      for await (const _ of same);
    })(),
    { code: 'MCS_REST_UNEXPECTED' }
  )
})

t.test('a total that is never reached is no endless reading either', async t => {
  const { found } = await read(['a'], { size: 10, total: false })
  t.equal(found.size, 1)
  let asked = 0
  for await (const _ of paginate(10, async from => {
    asked++
    return { ids: from === 0 ? ['a', 'b'] : ['b'], start: from, size: 10, total: 50 }
  }));
  t.ok(asked <= 3)
})

t.test('a list of which no two portions have a row in common is an error, not an endless going back', async t => {
  const apart = paginate(1, async from => ({ ids: [`row ${from}`], start: from, size: 1, total: null }))
  await t.rejects(
    (async () => {
      for await (const _ of apart);
    })(),
    { code: 'MCS_REST_UNEXPECTED' }
  )
})

t.test(
  'the pages of a long list go on beyond the position they are asked for, by more rows than are read again',
  async t => {
    for (const maxSize of [20, 100, 250]) {
      for (let from = 0; from < 100_000; from++) {
        const { page, pageSize, start } = pageAt(from, maxSize)
        if (start !== (page - 1) * pageSize || start > from || pageSize > maxSize)
          t.fail(`row ${from} is not on page ${page} of ${pageSize}`)
        if (start + pageSize - from <= Math.ceil(pageSize / 20))
          t.fail(`page ${page} of ${pageSize} ends at row ${from}`)
      }
    }
  }
)
