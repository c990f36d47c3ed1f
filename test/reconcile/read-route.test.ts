import t from 'tap'
import { Compile } from 'typebox/compile'
import { rangePolled } from '../../src/events/directory.js'
import { loadCursor } from '../../src/reconcile/cursors.js'
import { readInterval, readRoute } from '../../src/reconcile/read-route.js'
import type { Fact, RouteReader } from '../../src/reconcile/route-reader.js'
import { freshDatabase } from '../support/database.js'
import { aNumber, contextAt, readerOf } from './support/source-rows.js'

const KEY = { account: 'default', route: 'numbers', scope: null } as const
const AT = '2026-11-23T09:00:00.000Z'
const PAGES = [[aNumber('+15551000001', AT)], [aNumber('+15551000002', AT), aNumber('+15551000003', AT)]]

async function opened(t: Parameters<typeof freshDatabase>[0]) {
  const { pool } = await freshDatabase(t)
  const appended: Fact[] = []
  const append = async (facts: readonly Fact[]) => {
    appended.push(...facts)
    return []
  }
  const cursor = async () => (await loadCursor(pool, KEY))?.toISOString() ?? null
  return { parts: { pool, append }, appended, cursor }
}

t.test('the cursor moves once all pages and the range are in the log', async t => {
  const { parts, appended, cursor } = await opened(t)
  const rows: number[] = []
  const reader = readerOf('numbers', () => PAGES)
  t.strictSame(
    await readRoute(parts, {
      reader,
      scope: null,
      context: contextAt(() => new Date(AT)),
      onPage: count => rows.push(count)
    }),
    { rows: 3, unlinked: 0, unreadable: 0 }
  )
  t.strictSame(rows, [1, 2])
  t.strictSame(appended.slice(0, 3), PAGES.flat())
  t.match(appended.slice(3), [
    {
      type: 'range.polled',
      polled: 'numbers',
      scope: null,
      from: '1970-01-01T00:00:00.000Z',
      until: AT,
      count: 3,
      rangeId: `numbers 1970-01-01T00:00:00.000Z ${AT}`
    }
  ])
  t.ok(Compile(rangePolled).Check({ ...appended[3], id: '00000000-0000-4000-8000-000000000000' }))
  t.equal(await cursor(), AT)
})

t.test('the next reading begins an hour before the end of the last one', async t => {
  const { parts } = await opened(t)
  const reader = readerOf('numbers', () => PAGES)
  await readRoute(parts, { reader, scope: null, context: contextAt(() => new Date(AT)) })
  await readRoute(parts, { reader, scope: null, context: contextAt(() => new Date('2026-11-23T12:00:00Z')) })
  t.strictSame(reader.reads[1]?.interval, {
    from: new Date('2026-11-23T08:00:00Z'),
    until: new Date('2026-11-23T12:00:00Z')
  })
  await readRoute(parts, {
    reader,
    scope: null,
    context: contextAt(() => new Date('2026-11-23T13:00:00Z')),
    overlapMs: 12 * 3_600_000
  })
  t.strictSame(
    reader.reads[2]?.interval.from,
    new Date('2026-11-23T00:00:00Z'),
    'or further back, when one looks for changes'
  )
})

t.test('a reading that breaks off leaves the cursor, keeps what it read, and the next one reads all again', async t => {
  const { parts, appended, cursor } = await opened(t)
  const [first = []] = PAGES
  const reader = readerOf('numbers', read => (read === 0 ? [first, new Error('cut')] : PAGES))
  const context = contextAt(() => new Date(AT))
  await t.rejects(readRoute(parts, { reader, scope: null, context }), /cut/)
  t.equal(await cursor(), null)
  t.strictSame(appended, first, 'and no range')
  await readRoute(parts, { reader, scope: null, context })
  t.strictSame(reader.reads[1]?.interval, reader.reads[0]?.interval)
  t.equal(await cursor(), AT)
})

t.test('what cannot be appended is not passed over', async t => {
  const { parts, cursor } = await opened(t)
  const reader = readerOf('numbers', () => PAGES)
  await t.rejects(
    readRoute(
      {
        ...parts,
        append: async () => {
          throw new Error('the log is full')
        }
      },
      { reader, scope: null, context: contextAt(() => new Date(AT)) }
    ),
    /full/
  )
  t.equal(await cursor(), null)
})

t.test('an interval that is asked for moves no cursor, and is noted', async t => {
  const { parts, appended, cursor } = await opened(t)
  const reader = readerOf('numbers', () => PAGES)
  const past = { from: new Date('2026-01-01T00:00:00Z'), until: new Date('2026-02-01T00:00:00Z') }
  t.strictSame(await readInterval(parts, { reader, scope: null, context: contextAt(() => new Date(AT)) }, past), {
    rows: 3,
    unlinked: 0,
    unreadable: 0
  })
  t.strictSame(reader.reads[0]?.interval, past)
  t.match(appended.at(-1), {
    type: 'range.polled',
    from: past.from.toISOString(),
    until: past.until.toISOString(),
    count: 3
  })
  t.equal(await cursor(), null)
})

t.test('rows that cannot be read do not hold up the route, and its range tells of them', async t => {
  const { parts, appended, cursor } = await opened(t)
  const reader: RouteReader = {
    ...readerOf('numbers', () => []),
    read: async function* () {
      yield { facts: [], unlinked: [], rows: 5, unreadable: 2 }
    }
  }
  const context = contextAt(() => new Date(AT))
  t.strictSame(await readRoute(parts, { reader, scope: null, context }), { rows: 5, unlinked: 0, unreadable: 2 })
  t.equal(await cursor(), AT)
  await readRoute(parts, { reader: readerOf('numbers', () => [[], []]), scope: null, context })
  t.match(appended, [
    { type: 'range.polled', count: 5, unread: 2 },
    { type: 'range.polled', count: 0, unread: undefined }
  ])
  t.ok(Compile(rangePolled).Check({ ...appended[0], id: '00000000-0000-4000-8000-000000000000' }))
})
