import t, { type Test } from 'tap'
import { QuotaError, RestUnavailableError } from '../../src/errors.js'
import { DAY_MS } from '../../src/lib/instant.js'
import type { Fact } from '../../src/reconcile/route-reader.js'
import { readUnreadFlags } from '../../src/reconcile/unread-flags.js'
import { setUpFactAppender } from '../support/fact-appender.js'
import { contextAt, readerOf } from './support/recording-reader.js'

const TODAY = Date.parse('2026-11-23T00:00:00Z')
const daysAgo = (days: number) => new Date(TODAY - days * DAY_MS)
const VOICEMAIL = `insert into voicemail_logs (account, voicemail_id, left_at, read, removed_at, contribution)
  values ($1, $2, $3, $4, $5, '[]')`

/** @param ages  of unread voicemails, in days */
async function setUp(t: Test, ages: readonly number[], pagesOf: (read: number) => readonly (Fact[] | Error)[]) {
  const { pool, start, project } = await setUpFactAppender(t)
  const context = contextAt(() => new Date(TODAY))
  const add = (id: string, age: number, { account = 'default', read = false, removedAt = null as Date | null } = {}) =>
    pool.query(VOICEMAIL, [account, id, new Date(daysAgo(age).getTime() + DAY_MS / 2), read, removedAt])
  for (const age of ages) await add(`v${age}`, age)
  await add('read', 60, { read: true })
  await add('removed', 61, { removedAt: daysAgo(50) })
  await add('of another account', 62, { account: 'other' })
  const reader = readerOf('voicemails', pagesOf)
  const appendToLog = start()
  const read = (maxRequests = 100) =>
    readUnreadFlags(
      {
        pool,
        append: async (facts, options) => {
          const events = await appendToLog(facts, options)
          await project()
          return events
        }
      },
      { reader, context, before: daysAgo(2), maxRequests }
    )
  const intervals = () =>
    reader.reads.map(({ interval: { from, until } }) => [
      (TODAY - from.getTime()) / DAY_MS,
      (TODAY - until.getTime()) / DAY_MS
    ])
  return { read, intervals, pool }
}

t.test('flags are read as far back as the unread rows go, and days without any are skipped', async t => {
  const { read, intervals } = await setUp(t, [1, 3, 4, 40], () => [[]])
  t.strictSame(await read(), { readFrom: daysAgo(43), unreadBefore: 0 })
  t.strictSame(intervals(), [
    [3, 2],
    [5, 3],
    [43, 39]
  ])
})

t.test('nothing is read when nothing older is unread', async t => {
  const { read, intervals } = await setUp(t, [1], () => [[]])
  t.strictSame(await read(), { readFrom: daysAgo(2), unreadBefore: 0 })
  t.strictSame(intervals(), [])
})

t.test('when its requests are spent it says how far it read, and how many unread rows are left', async t => {
  const { read } = await setUp(t, [3, 20, 40, 41], () => [[]])
  t.strictSame(await read(2), { readFrom: daysAgo(21), unreadBefore: 2 })
})

t.test('an exhausted quota ends the reading, and no other error is hidden', async t => {
  const { read } = await setUp(t, [3, 20, 40], n => (n === 1 ? [new QuotaError('later')] : [[]]))
  t.strictSame(await read(), { readFrom: daysAgo(3), unreadBefore: 2 })
  const failing = await setUp(t, [3], () => [new RestUnavailableError('status 500')])
  await t.rejects(failing.read(), { code: 'MCS_REST_UNAVAILABLE' })
})
