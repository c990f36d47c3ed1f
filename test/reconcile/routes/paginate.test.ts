import fc from 'fast-check'
import t from 'tap'
import { pageAt, paginate } from '../../../src/reconcile/routes/paginate.js'
import { seedOf } from '../../support/seeds.js'

/** Reads a list by position or by page number. `change` may alter the list before each request. */
async function read(
  list: string[],
  {
    size,
    numbered = false,
    total = false,
    most = Number.POSITIVE_INFINITY,
    change = () => {}
  }: { size: number; numbered?: boolean; total?: boolean; most?: number; change?: (requests: number) => void }
) {
  const found: string[] = []
  let requests = 0
  const ask = async (from: number, size: number) => {
    change(requests++)
    const { page, pageSize, start } = numbered ? pageAt(from, size) : { page: 0, pageSize: size, start: from }
    const given = Math.min(pageSize, most)
    // a server that caps the page size numbers its pages by that size
    const first = numbered ? (page - 1) * given : start
    return { ids: list.slice(first, first + given), start, size: pageSize, total: total ? list.length : null }
  }
  let newRows = 0
  for await (const step of paginate(size, ask)) {
    found.push(...step.slice.ids)
    newRows += step.newRows
  }
  return { found: new Set(found), newRows, requests }
}

interface Change {
  at: number
  removed: number
  added: number
}

/** Returns the rows that were listed all the time and not found, with one change after each request. */
async function missedRows({
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
  const change = (requests: number) => {
    // There is no change after the first request, nor after the changes have been made.
    for (const { at, removed, added } of requests === 0 ? [] : changes.slice(requests - 1, requests)) {
      list.splice(at, removed)
      // More new rows than a page at once would look like a repetition.
      list.unshift(...Array.from({ length: Math.min(added, size >> 1) }, (_, i) => `new ${requests} ${i}`))
    }
  }
  const { found } = await read(list, { size, numbered, total, change })
  return list.filter(row => row.startsWith('row') && !found.has(row))
}

const rows = (count: number) => Array.from({ length: count }, (_, i) => `row ${i}`)

for (const numbered of [false, true]) {
  const how = numbered ? 'by page number' : 'by position'
  t.test(`a list that is read ${how} is complete, and each row is counted once`, async t => {
    for (const [count, size, expectedRequests] of [
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
        t.equal(result.newRows, count)
        t.ok(result.requests <= expectedRequests + 1, `${result.requests} requests`)
      }
    }
  })

  t.test(`no other row is missed when rows are removed while a list is read ${how}`, async t => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 40 }),
        fc.integer({ min: 0, max: 200 }),
        fc.array(fc.record({ at: fc.nat(220), removed: fc.nat(60), added: fc.nat(5) }), { maxLength: 4 }),
        fc.boolean(),
        async (size, count, changes, total) => {
          t.strictSame(await missedRows({ size, count, changes, total, numbered }), [])
        }
      ),
      { seed: seedOf(), numRuns: 300 }
    )
  })

  t.test(`rows that are read again ${how} after going back for removed rows are not a repetition`, async t => {
    const changes = [
      { at: 0, removed: 0, added: 3 },
      { at: 0, removed: 0, added: 1 },
      { at: 0, removed: 0, added: 2 },
      { at: 0, removed: 5, added: 0 }
    ]
    t.strictSame(await missedRows({ size: 21, count: 62, changes, numbered }), [])
    const unchanged = Array.from({ length: 9 }, () => ({ at: 0, removed: 0, added: 0 }))
    t.strictSame(
      await missedRows({ size: 20, count: 400, changes: [...unchanged, { at: 0, removed: 70, added: 0 }], numbered }),
      []
    )
  })

  t.test(`a list with a total is read in full ${how} although the pages are smaller than requested`, async t => {
    const { found } = await read(rows(250), { size: 1000, numbered, total: true, most: 100 })
    t.equal(found.size, 250)
  })
}

t.test('reading a list that repeats the same rows fails instead of never ending', async t => {
  const same = paginate(2, async from => ({ ids: ['a', 'b'], start: from, size: 2, total: 9 }))
  await t.rejects(
    (async () => {
      for await (const _ of same);
    })(),
    { code: 'MCS_REST_UNEXPECTED' }
  )
})

t.test('reading ends when the list never reaches its total', async t => {
  const { found } = await read(['a'], { size: 10, total: false })
  t.equal(found.size, 1)
  let requests = 0
  for await (const _ of paginate(10, async from => {
    requests++
    return { ids: from === 0 ? ['a', 'b'] : ['b'], start: from, size: 10, total: 50 }
  }));
  t.ok(requests <= 3)
})

t.test('reading a list whose pages never overlap fails instead of going back forever', async t => {
  const apart = paginate(1, async from => ({ ids: [`row ${from}`], start: from, size: 1, total: null }))
  await t.rejects(
    (async () => {
      for await (const _ of apart);
    })(),
    { code: 'MCS_REST_UNEXPECTED' }
  )
})

t.test(
  'each page of a long list reaches further beyond the requested position than the rows that are read again',
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
