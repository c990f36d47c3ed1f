import type pg from 'pg'
import t from 'tap'
import { DAY_MS } from '../../../../src/lib/instant.js'
import { restFailureOf } from '../../../../src/mightycall/rest/failures.js'
import { createQuotaLedger } from '../../../../src/mightycall/rest/quota/ledger.js'
import { PERMIT_CLASSES } from '../../../../src/mightycall/rest/quota/port.js'
import { calls } from '../../../../src/mightycall/rest/routes/calls.js'
import { sendMessage } from '../../../../src/mightycall/rest/routes/messages.js'
import { team } from '../../../../src/mightycall/rest/routes/team.js'
import { startChild } from '../../../support/child.js'
import { freshDatabase } from '../../../support/database.js'
import { eventually } from '../../../support/eventually.js'
import { json, setUpRestClient } from '../../../support/mightycall-api.js'

const NOW = new Date('2026-11-23T08:00:00Z')
const later = (ms: number) => new Date(NOW.getTime() + ms)

t.test('two processes that race for the last 10 permits spend exactly those', async t => {
  const { pool, url } = await freshDatabase(t)
  const ledger = createQuotaLedger(pool, 100)
  for (let i = 0; i < 90; i++) await ledger.take('key', 'action', NOW)
  // both processes wait for this lock, so that neither finishes before the other starts
  const start = await pool.connect()
  t.teardown(() => start.release(true))
  await start.query('begin')
  await start.query('select from quota_keys for update')
  const racing = Promise.all(['one', 'other'].map(() => startChild(t, 'request-permits', url, '100', '100')))
  await eventually('8 connections of each process wait', async () => (await waitingFor(pool)) === 16)
  await start.query('commit')
  const ends = (await racing).map(({ line }) => JSON.parse(line) as { granted: number; refused: number })
  t.equal(
    ends.reduce((sum, { granted }) => sum + granted, 0),
    10
  )
  t.equal(
    ends.reduce((sum, { refused }) => sum + refused, 0),
    190,
    'the other requests are refused'
  )
  t.match((await pool.query('select count(*)::int from quota_permits')).rows, [{ count: 100 }])
  await t.rejects(ledger.take('key', 'action', later(1_000)), { code: 'MCS_QUOTA', until: later(DAY_MS) })
})

async function waitingFor(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
  )
  return rowCount ?? 0
}

t.test('a class leaves the reserve of more urgent classes', async t => {
  const { pool } = await freshDatabase(t)
  const ledger = createQuotaLedger(pool, 20)
  const taken = []
  for (const permitClass of [...PERMIT_CLASSES].reverse()) {
    let count = 0
    while (
      await ledger.take('key', permitClass, NOW).then(
        () => true,
        () => false
      )
    )
      count++
    taken.push([permitClass, count])
  }
  t.strictSame(taken, [
    ['backfill', 14],
    ['reconcile', 3],
    ['sync', 2],
    ['action', 1]
  ])
})

t.test('a permit returns a day after it was taken, and the error has the time', async t => {
  const { pool } = await freshDatabase(t)
  const ledger = createQuotaLedger(pool, 3)
  for (const ms of [0, 1_000, 2_000]) await ledger.take('key', 'action', later(ms))
  await t.rejects(ledger.take('key', 'action', later(DAY_MS - 1)), {
    code: 'MCS_QUOTA',
    until: later(DAY_MS),
    message: /until 2026-11-24T08:00:00.000Z/
  })
  await ledger.take('another key', 'action', later(DAY_MS - 1))
  await ledger.take('key', 'action', later(DAY_MS))
  await t.rejects(ledger.take('key', 'action', later(DAY_MS + 1)), { code: 'MCS_QUOTA', until: later(DAY_MS + 1_000) })
  await t.rejects(
    createQuotaLedger(pool, 1).take('key', 'action', later(DAY_MS + 1)),
    { code: 'MCS_QUOTA', until: later(2 * DAY_MS) },
    'with a smaller budget, when all permits have left the window'
  )
  await t.rejects(
    createQuotaLedger(pool, 1).take('key', 'backfill', NOW),
    { code: 'MCS_QUOTA' },
    'the budget has no room for the class'
  )
  await ledger.take('key', 'action', later(4 * DAY_MS))
  t.equal(
    (await pool.query('select from quota_permits where taken_at < $1', [later(2 * DAY_MS)])).rowCount,
    1,
    'old permits are deleted, except those of the unused other key'
  )
  t.notMatch(
    JSON.stringify((await pool.query('select * from quota_permits, quota_keys')).rows),
    'another key',
    'no key is stored'
  )
})

for (const { name, status, message, headers = {}, until } of [
  {
    name: 'the message',
    status: 429,
    message: 'Too many requests. Retry after 2026-11-23T09:30:00.0000000 UTC',
    until: later(90 * 60_000)
  },
  {
    name: 'the message of a 403',
    status: 403,
    message: 'Daily limit exceeded. Retry after 2026-11-23T09:30:00.0000000 UTC',
    until: later(90 * 60_000)
  },
  {
    name: 'the documented zeros',
    status: 429,
    message: 'Too many requests. Retry after 0000-00-00T00:00:00.0000000 UTC',
    until: later(30_000)
  },
  {
    name: 'the past',
    status: 429,
    message: 'Too many requests. Retry after 2026-11-23T07:59:59.0000000 UTC',
    until: later(30_000)
  },
  {
    name: 'a year away, which is limited to a day',
    status: 429,
    message: 'Too many requests. Retry after 2027-11-23T08:00:00 UTC',
    until: later(DAY_MS)
  },
  { name: 'a header', status: 429, message: '', headers: { 'retry-after': '120' }, until: later(120_000) },
  { name: 'nothing', status: 429, message: '', until: later(30_000) }
]) {
  t.test(`a block applies to all processes until its end: ${name}`, async t => {
    const { client, pool, replies, seen, advance, clock } = await setUpRestClient(t)
    await client.send(calls, { query: {} }, 'sync')
    const good = replies['GET /api/calls']
    replies['GET /api/calls'] = (response, request) => {
      for (const [header, value] of Object.entries(headers)) response.setHeader(header, value)
      json({ message }, status)(response, request)
    }
    await t.rejects(client.send(calls, { query: {} }, 'sync'), { code: 'MCS_REST_BLOCKED', until })
    const sentBefore = seen.length
    await t.rejects(client.send(calls, { query: {} }, 'action'), { code: 'MCS_REST_BLOCKED', until })
    await t.rejects(
      createQuotaLedger(pool, 2_000).take('the-api-key-of-the-test', 'action', clock.now),
      { code: 'MCS_REST_BLOCKED', until },
      'another process'
    )
    t.equal(seen.length, sentBefore, 'no request was sent')
    if (good) replies['GET /api/calls'] = good
    advance(until.getTime() - clock.now.getTime())
    await client.send(calls, { query: {} }, 'sync')
  })
}

t.test('without a time, the wait grows with each 429, and is short again after a success', async t => {
  const { client, replies, advance, clock } = await setUpRestClient(t)
  await client.send(team, {}, 'sync')
  const waits: number[] = []
  const tryOnce = async () => {
    const err = await client.send(calls, { query: {} }, 'sync').then(
      () => null,
      err => err
    )
    const wait = (restFailureOf(err)?.until?.getTime() ?? 0) - clock.now.getTime()
    waits.push(wait / 1_000)
    advance(wait)
  }
  const good = replies['GET /api/calls']
  replies['GET /api/calls'] = json({ message: 'Too many requests.' }, 429)
  for (let i = 0; i < 7; i++) await tryOnce()
  await client.send(team, {}, 'sync')
  await tryOnce()
  t.strictSame(waits, [30, 60, 120, 240, 480, 600, 600, 30])
  if (good) replies['GET /api/calls'] = good
  await client.send(calls, { query: {} }, 'sync')
})

t.test('a 429 for messages blocks only messages, not the key', async t => {
  const { client, replies, seen, advance } = await setUpRestClient(t)
  const text = { body: { from: '+15550152729', to: ['+15551112233'], message: 'hi' } }
  const good = replies['POST /api/messages/send']
  replies['POST /api/messages/send'] = json(
    { message: 'Too many requests. Retry after 2026-11-23T08:10:00.0000000 UTC' },
    429
  )
  await t.rejects(client.send(sendMessage, text, 'action'), { code: 'MCS_REST_BLOCKED', until: later(600_000) })
  await client.send(calls, { query: {} }, 'backfill')
  if (good) replies['POST /api/messages/send'] = good
  const sentBefore = seen.length
  await t.rejects(client.send(sendMessage, text, 'action'), { code: 'MCS_REST_BLOCKED', until: later(600_000) })
  t.equal(seen.length, sentBefore, 'no request was sent')
  advance(600_000)
  await client.send(sendMessage, text, 'action')
})

t.test('a shorter block does not shorten an existing one', async t => {
  const { pool } = await freshDatabase(t)
  const ledger = createQuotaLedger(pool, 3)
  await ledger.block('key', later(2_000))
  await ledger.block('key', later(1_000))
  await t.rejects(ledger.take('key', 'action', later(1_500)), { code: 'MCS_REST_BLOCKED', until: later(2_000) })
  await ledger.take('key', 'action', later(2_000))
})

t.test('each request takes one permit, and so does a token request', async t => {
  const { client, pool } = await setUpRestClient(t)
  await client.send(calls, { query: {} }, 'backfill')
  await client.send(calls, { query: {} }, 'sync')
  t.strictSame((await pool.query('select permit_class, count(*)::int from quota_permits group by 1 order by 1')).rows, [
    { permit_class: 'backfill', count: 2 },
    { permit_class: 'sync', count: 1 }
  ])
})
