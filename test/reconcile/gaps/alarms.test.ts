import { pino } from 'pino'
import t from 'tap'
import { countSilentCalls, createGapAlarms, provesIdMismatch } from '../../../src/reconcile/gaps/alarms.js'
import { createCallHold } from '../../../src/reconcile/gaps/held-calls.js'
import { projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { asEvents, minute, notified, reported } from '../../support/held.js'

const calls = (matched: number, all = 20) =>
  Array.from({ length: all }, (_, i) => ({ startedAt: minute(i), isMatched: i < matched }))

for (const [expected, name, reported, unreported] of [
  [true, '20 calls without a match, and as many that only webhooks told', calls(0), 20],
  [true, 'some of them lost', calls(0), 10],
  [false, 'webhooks told of few: they are silent', calls(0), 9],
  [false, 'one has a match', calls(1), 20],
  [false, 'too few to tell', calls(0, 19), 20]
] as const) {
  t.test(`ids ${expected ? 'differ' : 'do not differ'}: ${name}`, async t => {
    t.equal(provesIdMismatch(reported, unreported), expected)
  })
}

async function watched(t: Parameters<typeof freshDatabase>[0]) {
  const { pool } = await freshDatabase(t)
  const lines: string[] = []
  const look = createGapAlarms({
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
  const said = () =>
    lines.splice(0).map(line => {
      const { level, alarm, account, calls } = JSON.parse(line) as Record<string, unknown>
      if (/\+1555/.test(line)) throw new Error('a number is shown')
      return { level, alarm, account, calls }
    })
  return {
    pool,
    project: projectorOf(pool),
    look: async (at: number) => {
      await look('default', minute(at))
      return said()
    }
  }
}

t.test(
  'silence is an alarm once: three calls that ended over 15 minutes ago, and no webhook since the first began',
  async t => {
    const { pool, project, look } = await watched(t)
    await project(notified('w', 1, 0))
    await project(asEvents([reported('a', 2, 10), reported('b', 3, 11)]))
    await createCallHold(pool).takeDue('default', [reported('c', 4, 12)], minute(14)) // one that is held back counts
    t.strictSame(await look(27.9), [], 'the third has not ended for long enough')
    t.strictSame(await look(28), [{ level: 50, alarm: 'webhook-silence', account: 'default', calls: 3 }])
    t.strictSame(await look(29), [], 'it is said once')
    await project(notified('w2', 5, 29))
    t.match(await look(31), [{ level: 30, account: 'default', alarm: undefined }])
    await project(asEvents([reported('d', 6, 40), reported('e', 7, 41), reported('f', 8, 42)]))
    t.match(await look(60), [{ alarm: 'webhook-silence' }], 'and again when it begins again')
  }
)

t.test('a webhook after the first of them began is no silence, nor is another account heard', async t => {
  const { pool, project, look } = await watched(t)
  await project(asEvents([reported('a', 2, 10), reported('b', 3, 11), reported('c', 4, 12)]))
  await project(notified('w', 1, 10).map(event => ({ ...event, account: 'other' })))
  t.equal(await countSilentCalls(pool, 'default', minute(30)), 3)
  await project(notified('w', 1, 10))
  t.strictSame(await look(30), [])
})

t.test('ids that differ are an alarm once, and show no number', async t => {
  const { pool, project, look } = await watched(t)
  for (let n = 0; n < 20; n++) await project(notified(`w${n}`, n, n))
  await createCallHold(pool).takeDue(
    'default',
    Array.from({ length: 19 }, (_, n) => reported(`r${n}`, 100 + n, n)),
    minute(20)
  )
  t.strictSame(await look(35), [])
  await createCallHold(pool).takeDue('default', [reported('r19', 119, 19)], minute(21))
  t.strictSame(await look(40), [{ level: 50, alarm: 'id-mismatch', account: 'default', calls: 20 }])
  t.strictSame(await look(41), [])
})
