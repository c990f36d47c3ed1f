import type pg from 'pg'
import t from 'tap'
import { createProcessRecord, loadProcesses } from '../../src/app/process-record.js'
import { createAlarmJournal } from '../../src/observability/alarm-journal.js'
import { type AlarmDetails, raiseAlarm, resolveAlarm } from '../../src/observability/alarms.js'
import { createLogger } from '../../src/observability/logger.js'
import { createMetrics } from '../../src/observability/metrics.js'
import { freshDatabase } from '../support/database.js'

const START = Date.parse('2026-11-23T08:00:00Z')
const minute = (number: number) => new Date(START + number * 60_000)

t.test('alarms and processes are kept in the database, over outages and restarts', async t => {
  const { pool } = await freshDatabase(t)
  let now = minute(0)
  let isReachable = true

  function startProcess(name: string) {
    const journal = createAlarmJournal(createMetrics(), () => now)
    const log = createLogger({ level: 'silent', alarms: journal }).child({ stage: 'a child logger' })
    const record = createProcessRecord({
      pool: cutWhile(pool, () => !isReachable),
      journal,
      roles: ['receive'],
      spool: () => ({ bytes: 10, records: 2, setAside: 0 }),
      now: () => now
    })
    record.start(name)
    t.teardown(record.close)
    return {
      ...record,
      raise: (details: AlarmDetails) => raiseAlarm(log, details, 'a message'),
      resolve: (details: AlarmDetails) => resolveAlarm(log, details)
    }
  }

  /** Returns the alarms as `process name subject count since resolvedAt`, with times in minutes. */
  async function shown(): Promise<string[]> {
    const minuteOf = (at: Date | null) => (at === null ? '-' : String((at.getTime() - START) / 60_000))
    const { alarms } = await loadProcesses(pool)
    return alarms
      .map(({ process, name, subject, count, since, resolvedAt }) =>
        [process, name, subject, count, minuteOf(since), minuteOf(resolvedAt)].join(' ')
      )
      .sort()
  }

  const a = startProcess('a:1')
  const b = startProcess('b:1')
  a.raise({ alarm: 'spooling', spool: '/a/directory' })
  a.raise({ alarm: 'webhook-silence', account: 'acme' })
  b.raise({ alarm: 'webhook-silence', account: 'acme' })
  b.raise({ alarm: 'webhook-silence', account: 'other' })
  await Promise.all([a.save(), b.save()])
  t.strictSame(await shown(), [
    'a:1 spooling  1 0 -',
    'a:1 webhook-silence acme 1 0 -',
    'b:1 webhook-silence acme 1 0 -',
    'b:1 webhook-silence other 1 0 -'
  ])

  now = minute(1)
  isReachable = false
  t.equal(a.resolve({ alarm: 'spooling' }), true)
  t.equal(a.resolve({ alarm: 'spooling' }), false, 'it is over already')
  a.raise({ alarm: 'log-damage' })
  a.raise({ alarm: 'log-damage' })
  await t.rejects(a.save())
  isReachable = true
  now = minute(2)
  await a.save()
  t.match(await shown(), ['a:1 log-damage  2 1 -', 'a:1 spooling  1 0 1'], 'it catches up, with the original times')

  a.raise({ alarm: 'spooling' })
  now = minute(3)
  a.raise({ alarm: 'spooling' })
  await a.save()
  t.match(await shown(), ['a:1 log-damage  2 1 -', 'a:1 spooling  3 2 -'], 'an alarm that is raised again lasts anew')
  const { processes, alarms } = await loadProcesses(pool)
  t.match(processes, [
    {
      name: 'a:1',
      roles: ['receive'],
      startedAt: minute(0),
      seenAt: minute(3),
      stoppedAt: null,
      spool: { records: 2 }
    },
    { name: 'b:1', seenAt: minute(0) }
  ])
  t.strictSame(alarms.find(({ name }) => name === 'spooling')?.lastAt, minute(3))

  await a.close()
  now = minute(4)
  const restarted = startProcess('a:1')
  restarted.resolve({ alarm: 'webhook-silence', account: 'acme' })
  await restarted.save()
  t.strictSame(
    await shown(),
    [
      'a:1 log-damage  2 1 -',
      'a:1 spooling  3 2 4',
      'a:1 webhook-silence acme 1 0 4',
      'b:1 webhook-silence acme 1 0 4',
      'b:1 webhook-silence other 1 0 -'
    ],
    'a restart ends conditions of the process; any process ends those of the system; events stay'
  )
  await restarted.close()
  t.strictSame((await loadProcesses(pool)).processes[0]?.stoppedAt, minute(4))
})

function cutWhile(pool: pg.Pool, isCut: () => boolean): pg.Pool {
  const fail = () => Promise.reject(new Error('Postgres is unreachable'))
  return new Proxy(pool, {
    get: (target, member) => {
      const value: unknown = Reflect.get(target, member)
      if (typeof value !== 'function') return value
      return isCut() ? fail : value.bind(target)
    }
  })
}
