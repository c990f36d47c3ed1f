import type { Logger } from 'pino'
import { backOffMs, pause } from '../../lib/backoff.js'
import { passCrashPoint } from '../../lib/crash-points.js'
import type { LogRecord, StoredRecord } from '../port.js'
import { asRecord, type Spool } from './spool.js'

export interface DrainerOptions {
  spool: Spool
  /** Resolves when Kafka has the records. */
  send: (records: readonly LogRecord[]) => Promise<void>
  /** True for an error that another try cannot mend: it is in a record. */
  isRefusedForGood: (err: unknown) => boolean
  log: Logger
  signal: AbortSignal
  /** So many records are in Kafka now, or set aside. */
  onDrained?: (records: number) => void
  /** Asked whenever Kafka has taken some: it ends when no more than so many are left. */
  leave?: () => number
}

const PROBE = { first: 100, most: 500 }

/**
 * Sends what the spool holds, in its order, until nothing is left (or little, if that is asked for) or the signal ends
 * it. It never throws.
 */
export async function drain(options: DrainerOptions): Promise<void> {
  const { spool, log, signal, onDrained = () => {}, leave = () => 0 } = options
  for (let failures = 0; !signal.aborted; ) {
    try {
      const records = await spool.next()
      if (records.length === 0) return
      await sendAll(options, records)
      if (signal.aborted) return
      passCrashPoint('between-drain-and-trim')
      await spool.drained(records)
      onDrained(records.length)
      if (spool.waiting().records <= leave()) return
      failures = 0
    } catch (err) {
      // the disk: Kafka's trouble is waited for below
      log.error({ alarm: 'spool-unreadable', err }, 'the spool cannot be drained now, trying again')
      await pause(backOffMs(++failures, PROBE), signal)
    }
  }
}

/**
 * Resolves when all are sent or set aside, or the signal ended it. A refused batch is halved down to the record that is
 * to blame.
 */
async function sendAll(options: DrainerOptions, records: readonly StoredRecord[]): Promise<void> {
  const { spool, send, isRefusedForGood, log, signal } = options
  for (let failures = 0; !signal.aborted; ) {
    try {
      return await send(records.map(asRecord))
    } catch (err) {
      if (!isRefusedForGood(err)) {
        await pause(backOffMs(++failures, PROBE), signal)
        continue
      }
      const [only] = records
      if (records.length === 1 && only) {
        await spool.setAside(only)
        log.error(
          { alarm: 'record-set-aside', topic: only.topic, bytes: only.value?.length, err },
          'Kafka will never take a record: it is kept in the spool, see the command drain'
        )
        return
      }
      const half = Math.ceil(records.length / 2)
      await sendAll(options, records.slice(0, half))
      return await sendAll(options, records.slice(half))
    }
  }
}

/** Records that wait for long need a person, though nothing is refused. */
export interface AgeAlarm {
  start: () => void
  stop: () => void
}

const AGAIN_MS = 3_600_000

export function createAgeAlarm(maxAgeMs: number, log: Logger): AgeAlarm {
  let timer: NodeJS.Timeout | undefined
  let startedAt = 0
  const look = () => {
    log.error(
      { alarm: 'spool-old', hours: Math.floor((performance.now() - startedAt) / 3_600_000) },
      'notifications wait in the spool for long: see to Kafka'
    )
    timer = setTimeout(look, AGAIN_MS).unref()
  }
  return {
    start: () => {
      startedAt = performance.now()
      timer = setTimeout(look, maxAgeMs).unref()
    },
    stop: () => clearTimeout(timer)
  }
}

/** Counts promises that have not settled. */
export interface Pending {
  /** Passes on the promise. */
  watch: <T>(promise: Promise<T>) => Promise<T>
  /** Resolves when none is under way; at once when that is so already. */
  idle: () => Promise<void>
}

export function createPending(): Pending {
  let count = 0
  let waiting: (() => void)[] = []
  const settle = () => {
    if (--count > 0) return
    for (const resolve of waiting) resolve()
    waiting = []
  }
  return {
    watch: promise => {
      count++
      promise.then(settle, settle)
      return promise
    },
    idle: () =>
      count === 0
        ? Promise.resolve()
        : new Promise(resolve => {
            waiting.push(resolve)
          })
  }
}
