import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import t from 'tap'
import { countSilentCalls, createGapAlarms, provesIdMismatch } from '../../../src/reconcile/gaps/alarms.js'
import { createCallHold } from '../../../src/reconcile/gaps/held-calls.js'
import { projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { asEvents, atMinute, reportedCall, webhookEventsOf } from '../../support/reported-calls.js'

const calls = (matched: number, all = 20) =>
  Array.from({ length: all }, (_, i) => ({ startedAt: atMinute(i), isMatched: i < matched }))

for (const [expected, name, reported, unreported] of [
  [true, '20 calls have no match, and as many were reported by webhooks only', calls(0), 20],
  [true, '20 calls have no match, and webhooks lost half of theirs', calls(0), 10],
  [false, 'webhooks reported too few calls, so they are silent', calls(0), 9],
  [false, 'one call has a match', calls(1), 20],
  [false, 'there are too few calls to decide', calls(0, 19), 20]
] as const) {
  t.test(`${expected ? 'an' : 'no'} id mismatch is proven: ${name}`, async t => {
    t.equal(provesIdMismatch(reported, unreported), expected)
  })
}

async function setUpAlarms(t: Parameters<typeof freshDatabase>[0]) {
  const { pool } = await freshDatabase(t)
  const lines: string[] = []
  const checkAlarms = createGapAlarms({
    pool,
    logger: pino(
      {},
      {
        write: line => {
          lines.push(line)
        }
      }
    )
  })
  const takeLogged = () =>
    lines.splice(0).map(line => {
      const { level, alarm, account, calls } = JSON.parse(line) as Record<string, unknown>
      if (/\+1555/.test(line)) throw new Error('a log line contains a phone number')
      return { level, alarm, account, calls }
    })
  return {
    pool,
    project: projectorOf(pool),
    check: async (at: number) => {
      await checkAlarms('default', atMinute(at))
      return takeLogged()
    }
  }
}

t.test(
  'webhook silence raises one alarm: three calls ended over 15 minutes ago, and no webhook since the first began',
  async t => {
    const { pool, project, check } = await setUpAlarms(t)
    await project(webhookEventsOf('w', 1, 0))
    await project(asEvents([reportedCall('a', 2, 10), reportedCall('b', 3, 11)]))
    // held calls count as well
    await createCallHold(pool).takeDue('default', [reportedCall('c', 4, 12)], { now: atMinute(14) })
    t.strictSame(await check(27.9), [], 'the third call ended less than 15 minutes ago')
    t.strictSame(await check(28), [{ level: 50, alarm: 'webhook-silence', account: 'default', calls: 3 }])
    t.strictSame(await check(29), [], 'the alarm is raised once')
    await project(webhookEventsOf('w2', 5, 29))
    t.match(await check(31), [{ level: 30, account: 'default', alarm: undefined }])
    await project(asEvents([reportedCall('d', 6, 40), reportedCall('e', 7, 41), reportedCall('f', 8, 42)]))
    t.match(await check(60), [{ alarm: 'webhook-silence' }], 'the alarm is raised again after the next silence')
  }
)

t.test('a webhook after the start of the first call ends the silence, and one of another account does not', async t => {
  const { pool, project, check } = await setUpAlarms(t)
  await project(asEvents([reportedCall('a', 2, 10), reportedCall('b', 3, 11), reportedCall('c', 4, 12)]))
  await project(webhookEventsOf('w', 1, 10).map(event => ({ ...event, account: 'other' })))
  t.equal(await countSilentCalls(pool, 'default', atMinute(30)), 3)
  await project(webhookEventsOf('w', 1, 10))
  t.strictSame(await check(30), [])
})

t.test('a webhook that is not understood does not end the silence', async t => {
  const { project, check } = await setUpAlarms(t)
  await project(asEvents([reportedCall('a', 2, 10), reportedCall('b', 3, 11), reportedCall('c', 4, 12)]))
  await project([
    {
      id: randomUUID(),
      type: 'unclassified',
      account: 'default',
      occurredAt: atMinute(20).toISOString(),
      receivedAt: atMinute(20).toISOString(),
      source: 'webhook',
      reason: 'api-key-mismatch',
      eventType: 'IncomingCall',
      raw: {}
    }
  ])
  t.match(await check(30), [{ alarm: 'webhook-silence', calls: 3 }])
})

t.test('an id mismatch raises one alarm, and its log line contains no phone number', async t => {
  const { pool, project, check } = await setUpAlarms(t)
  for (let n = 0; n < 20; n++) await project(webhookEventsOf(`w${n}`, n, n))
  await createCallHold(pool).takeDue(
    'default',
    Array.from({ length: 19 }, (_, n) => reportedCall(`r${n}`, 100 + n, n)),
    { now: atMinute(20) }
  )
  t.strictSame(await check(35), [])
  await createCallHold(pool).takeDue('default', [reportedCall('r19', 119, 19)], { now: atMinute(21) })
  t.strictSame(await check(40), [{ level: 50, alarm: 'id-mismatch', account: 'default', calls: 20 }])
  t.strictSame(await check(41), [])
})
