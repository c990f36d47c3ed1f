import type { Logger } from 'pino'
import { LogClosedError } from '../../errors.js'
import { withTimeout } from '../../lib/timeout.js'
import type { EventLog, LogRecord } from '../port.js'
import { createAgeAlarm, createPending, drain } from './drainer.js'
import type { Spool } from './spool.js'

export interface SpooledOptions {
  kafka: EventLog
  spool: Spool
  isRefusedForGood: (err: unknown) => boolean
  log: Logger
  /** Records that wait longer are an alarm. */
  maxAgeMs: number
}

export interface SpooledLog extends EventLog {
  waiting: Spool['waiting']
}

/** On a stop, a spool that Kafka takes is drained for so long. */
const LAST_DRAIN_MS = 5_000
/**
 * So few that new records may wait for them: under load, a drainer that goes on until nothing is left runs after ever
 * smaller batches.
 */
const HANDOVER_RECORDS = 250
/** Should Kafka fail just when the spool has run empty, new records wait no longer than this. */
const HANDOVER_MS = 1_000

/**
 * Kafka, with the disk of this machine for the time in which Kafka takes nothing.
 *
 * While anything waits in the spool everything new goes behind it, so that the order of one key is kept; a drainer
 * sends the oldest
 * first, and its tries are also the probe whether Kafka is back: nobody else waits for a broker that hangs.
 * `append` rejects only when the disk takes nothing either.
 */
export function spooled({ kafka, spool, isRefusedForGood, log, maxAgeMs }: SpooledOptions): SpooledLog {
  const stop = new AbortController()
  const appending = createPending()
  const spooling = createPending()
  const age = createAgeAlarm(maxAgeMs, log)
  let draining: Promise<void> | null = null // while it is not null, new records go to the spool
  let handover: Promise<void> | null = null
  let closing: Promise<void> | null = null

  const append = (records: readonly LogRecord[]): Promise<void> =>
    closing ? Promise.reject(new LogClosedError()) : appending.watch(place(records))

  async function place(records: readonly LogRecord[]): Promise<void> {
    while (handover) await handover
    if (!draining) {
      try {
        return await kafka.append(records)
      } catch {
        // Its trouble is told by the log of Kafka itself.
      }
    }
    const stored = spooling.watch(spool.append(records))
    draining ??= drainUntilEmpty(stored)
    return await stored
  }

  async function drainUntilEmpty(first: Promise<void>): Promise<void> {
    const startedAt = performance.now()
    log.error(
      { alarm: 'spooling', spool: spool.dir },
      'Kafka takes no records: notifications are kept on this disk until it does'
    )
    age.start()
    let drained = 0
    const leave = () => (handover ? 0 : HANDOVER_RECORDS)
    const run = () =>
      drain({
        spool,
        send: kafka.append,
        isRefusedForGood,
        log,
        signal: stop.signal,
        leave,
        onDrained: records => {
          drained += records
        }
      })
    await first.catch(() => {}) // who appended it is told
    let running = run()
    while (draining && !stop.signal.aborted) {
      await running
      const release = hold()
      await spooling.idle()
      running = run()
      if (
        await withTimeout(HANDOVER_MS, running).then(
          () => spool.waiting().records === 0,
          () => false
        )
      )
        draining = null
      release()
    }
    age.stop()
    if (!draining)
      log.info(
        { drained, seconds: Math.round((performance.now() - startedAt) / 1000) },
        'the spool is drained: records go to Kafka again'
      )
    await running
  }

  /** From here to the release new records wait, so that the spool runs empty under any load. */
  function hold(): () => void {
    let release = () => {}
    handover = new Promise(resolve => {
      release = resolve
    })
    return () => {
      handover = null
      release()
    }
  }

  async function close(): Promise<void> {
    await appending.idle()
    const last = draining
    if (last && kafka.trouble() === null) await withTimeout(LAST_DRAIN_MS, last).catch(() => {})
    stop.abort()
    await last
    await kafka.close()
    await spool.close()
  }

  if (spool.waiting().records > 0) draining = drainUntilEmpty(Promise.resolve()) // what an earlier process left
  return {
    id: kafka.id,
    append,
    subscribe: kafka.subscribe,
    bounds: kafka.bounds,
    sparse: kafka.sparse,
    trouble: () => (closing ? 'is closed' : draining || kafka.trouble() !== null ? spool.trouble() : null),
    waiting: spool.waiting,
    close: () => (closing ??= close())
  }
}
