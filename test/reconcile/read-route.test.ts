import t from 'tap'
import { Compile } from 'typebox/compile'
import { rangePolled } from '../../src/events/directory.js'
import { loadCursor } from '../../src/reconcile/cursors.js'
import { readInterval, readRoute } from '../../src/reconcile/read-route.js'
import type { Fact, RouteReader } from '../../src/reconcile/route-reader.js'
import { freshDatabase } from '../support/database.js'
import { contextAt, numberReported, readerOf } from './support/recording-reader.js'

const KEY = { account: 'default', route: 'numbers', scope: null } as const
const AT = '2026-11-23T09:00:00.000Z'
const PAGES = [
  [numberReported('+15551000001', AT)],
  [numberReported('+15551000002', AT), numberReported('+15551000003', AT)]
]

async function setUpLog(t: Parameters<typeof freshDatabase>[0]) {
  const { pool } = await freshDatabase(t)
  const appended: Fact[] = []
  const append = async (facts: readonly Fact[]) => {
    appended.push(...facts)
    return []
  }
  const cursor = async () => (await loadCursor(pool, KEY))?.toISOString() ?? null
  return { options: { pool, append }, appended, cursor }
}

t.test('the cursor moves once all pages and the range are in the log', async t => {
  const { options, appended, cursor } = await setUpLog(t)
  const rows: number[] = []
  const reader = readerOf('numbers', () => PAGES)
  t.strictSame(
    await readRoute(options, {
      reader,
      scope: null,
      context: contextAt(() => new Date(AT)),
      onPage: count => rows.push(count)
    }),
    { from: new Date(0), rows: 3, unlinked: 0, unreadable: 0 }
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

t.test('the next read begins an hour before the end of the last one', async t => {
  const { options } = await setUpLog(t)
  const reader = readerOf('numbers', () => PAGES)
  await readRoute(options, { reader, scope: null, context: contextAt(() => new Date(AT)) })
  await readRoute(options, { reader, scope: null, context: contextAt(() => new Date('2026-11-23T12:00:00Z')) })
  t.strictSame(reader.reads[1]?.interval, {
    from: new Date('2026-11-23T08:00:00Z'),
    until: new Date('2026-11-23T12:00:00Z')
  })
  await readRoute(options, {
    reader,
    scope: null,
    context: contextAt(() => new Date('2026-11-23T13:00:00Z')),
    overlapMs: 12 * 3_600_000
  })
  t.strictSame(reader.reads[2]?.interval.from, new Date('2026-11-23T00:00:00Z'), 'an extended look-back begins earlier')
})

t.test('a read that fails keeps its facts but not the cursor, and the next one reads the whole interval', async t => {
  const { options, appended, cursor } = await setUpLog(t)
  const [first = []] = PAGES
  const reader = readerOf('numbers', read => (read === 0 ? [first, new Error('cut')] : PAGES))
  const context = contextAt(() => new Date(AT))
  await t.rejects(readRoute(options, { reader, scope: null, context }), /cut/)
  t.equal(await cursor(), null)
  t.strictSame(appended, first, 'no range is appended')
  await readRoute(options, { reader, scope: null, context })
  t.strictSame(reader.reads[1]?.interval, reader.reads[0]?.interval)
  t.equal(await cursor(), AT)
})

t.test('the cursor does not move when an append fails', async t => {
  const { options, cursor } = await setUpLog(t)
  const reader = readerOf('numbers', () => PAGES)
  await t.rejects(
    readRoute(
      {
        ...options,
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

t.test('reading a given interval appends its range and moves no cursor', async t => {
  const { options, appended, cursor } = await setUpLog(t)
  const reader = readerOf('numbers', () => PAGES)
  const past = { from: new Date('2026-01-01T00:00:00Z'), until: new Date('2026-02-01T00:00:00Z') }
  t.strictSame(await readInterval(options, { reader, scope: null, context: contextAt(() => new Date(AT)) }, past), {
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

t.test('unreadable rows do not stop the read, and the range counts them', async t => {
  const { options, appended, cursor } = await setUpLog(t)
  const reader: RouteReader = {
    ...readerOf('numbers', () => []),
    read: async function* () {
      yield { facts: [], unlinked: [], rows: 5, unreadable: 2 }
    }
  }
  const context = contextAt(() => new Date(AT))
  t.strictSame(await readRoute(options, { reader, scope: null, context }), {
    from: new Date(0),
    rows: 5,
    unlinked: 0,
    unreadable: 2
  })
  t.equal(await cursor(), AT)
  await readRoute(options, { reader: readerOf('numbers', () => [[], []]), scope: null, context })
  t.match(appended, [
    { type: 'range.polled', count: 5, unread: 2 },
    { type: 'range.polled', count: 0, unread: undefined }
  ])
  t.ok(Compile(rangePolled).Check({ ...appended[0], id: '00000000-0000-4000-8000-000000000000' }))
})
