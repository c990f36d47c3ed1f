import { pino } from 'pino'
import t from 'tap'
import { systemClock } from '../../src/lib/clock.js'
import { HOUR_MS } from '../../src/lib/instant.js'
import { createQuotaLedger } from '../../src/mightycall/rest/quota/ledger.js'
import { createRest } from '../../src/mightycall/rest/rest.js'
import type { Fact } from '../../src/reconcile/route-reader.js'
import { createSync } from '../../src/reconcile/sync.js'
import { setUpFactAppender } from '../support/fact-appender.js'
import { createLineLogger } from '../support/line-logger.js'
import { ACCOUNT, NO_DOUBTFUL_CALLS, numberReported, readerOf } from './support/recording-reader.js'

const DEAD_LETTER = `insert into dead_letters
  (log_id, topic, partition, record_offset, record_id, code, reason, headers, died_at)
  values ('l', 'directory', 0, $2, $1, '22000', 'x', '{}', now())`

t.test('a sync ends after its current page when the service stops, also without its caller', async t => {
  const { pool, start } = await setUpFactAppender(t)
  const lines: string[] = []
  const logger = createLineLogger('trace', line => lines.push(line))
  const append = start()
  let reach = () => {}
  let release = () => {}
  const reached = new Promise<void>(resolve => {
    reach = resolve
  })
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const facts = [[numberReported('+15551000001', '2026-11-23T09:00:00.000Z')]]
  const sync = createSync({
    pool,
    append: async page => {
      reach()
      await released
      return append(page)
    },
    rest: createRest({
      quota: createQuotaLedger(pool, 2_000),
      logger,
      now: systemClock.now,
      random: () => 0.5,
      onDrift: () => {}
    }),
    readers: [readerOf('numbers', () => facts), readerOf('contacts', () => facts)],
    longestCallMs: 12 * HOUR_MS,
    doubtfulCalls: NO_DOUBTFUL_CALLS,
    clock: systemClock,
    logger
  })
  const rejected = t.rejects(sync.run(ACCOUNT), { code: 'MCS_STOPPING' })
  await reached
  const closed = sync.close()
  release()
  await closed
  t.match(sync.runs(), [{ failed: 'sync', finishedAt: Date, steps: [{ state: 'failed' }, { state: 'waiting' }] }])
  await rejected
  t.strictSame(lines, [], 'a stop is no failure')
})

t.test('a sync ends although a projector made dead letters of its events', async t => {
  const { pool, start } = await setUpFactAppender(t)
  const logger = pino({ level: 'silent' })
  const appendToLog = start()
  /** Stands in for a projector that can store none of these events. */
  const append = async (facts: readonly Fact[]) => {
    const events = await appendToLog(facts)
    for (const [i, event] of events.entries()) await pool.query(DEAD_LETTER, [event.id, i + events.length])
    return events
  }
  const rest = createRest({
    quota: createQuotaLedger(pool, 2_000),
    logger,
    now: systemClock.now,
    random: () => 0.5,
    onDrift: () => {}
  })
  const readers = [readerOf('numbers', () => [[numberReported('+15551000001', '2026-11-23T09:00:00.000Z')]])]
  const sync = createSync({
    pool,
    append,
    rest,
    readers,
    longestCallMs: 12 * HOUR_MS,
    doubtfulCalls: NO_DOUBTFUL_CALLS,
    clock: systemClock,
    logger
  })
  t.strictSame(await sync.run(ACCOUNT), { phones: 0, extensions: 0 })
  t.match(sync.runs(), [{ failed: null, steps: [{ route: 'numbers', state: 'done', rows: 1 }] }])
})
