import type { Logger } from 'pino'
import { passCrashPoint } from '../../lib/crash-points.js'
import { retry } from '../../lib/retry.js'
import { raiseAlarm, resolveAlarm } from '../../observability/alarms.js'
import type { LogRecord, StoredRecord } from '../port.js'
import { asRecord, type Spool } from './spool.js'

export interface DrainerOptions {
  spool: Spool
  /** Resolves when Kafka has stored the records. */
  send: (records: readonly LogRecord[]) => Promise<void>
  /** True when a retry cannot succeed, because the broker rejects a record itself. */
  isRefusedForGood: (err: unknown) => boolean
  log: Logger
  signal: AbortSignal
  /** Called with the number of records that were sent or set aside. */
  onDrained?: (records: number) => void
  /** Read after each batch: draining ends when no more records than this are left. */
  remainder?: () => number
}

const PROBE = { first: 100, most: 500 }

/**
 * Sends the records of the spool in order until none, or no more than `remainder`, are left, or the signal aborts.
 * Failures are retried with back-off; it never rejects.
 */
export async function drain(options: DrainerOptions): Promise<void> {
  const { log, signal } = options
  // Only the disk fails here: sendAll retries while Kafka fails.
  const onFailure = (err: unknown) =>
    raiseAlarm(log, { alarm: 'spool-unreadable', err }, 'reading the spool failed, retrying')
  let isDrained: boolean | undefined = false
  while (isDrained === false) {
    isDrained = await retry(() => drainBatch(options), { signal, backOff: PROBE, onFailure })
    if (isDrained !== undefined) resolveAlarm(log, { alarm: 'spool-unreadable' })
  }
}

/** Returns true when draining ends. */
async function drainBatch(options: DrainerOptions): Promise<boolean> {
  const { spool, signal, onDrained = () => {}, remainder = () => 0 } = options
  const records = await spool.next()
  if (records.length === 0) return true
  await sendAll(options, records)
  if (signal.aborted) return true
  passCrashPoint('between-drain-and-trim')
  await spool.markDrained(records)
  onDrained(records.length)
  return spool.backlog().records <= remainder()
}

/**
 * Resolves when all records are sent or set aside, or the signal aborts. A refused batch is halved down to the record.
 */
async function sendAll(options: DrainerOptions, records: readonly StoredRecord[]): Promise<void> {
  const { spool, send, isRefusedForGood, log, signal } = options
  try {
    const isRetryable = (err: unknown) => !isRefusedForGood(err)
    await retry(() => send(records.map(asRecord)), { signal, backOff: PROBE, isRetryable })
  } catch (err) {
    const [only] = records
    if (records.length === 1 && only) {
      await spool.setAside(only)
      raiseAlarm(
        log,
        { alarm: 'record-set-aside', topic: only.topic, bytes: only.value?.length, err },
        'Kafka rejects a record permanently: it is kept in the spool; see "mightycall-stream drain --help"'
      )
      return
    }
    const half = Math.ceil(records.length / 2)
    await sendAll(options, records.slice(0, half))
    await sendAll(options, records.slice(half))
  }
}

/** Raises an alarm when records wait in the spool for long: an operator has to look at Kafka. */
export interface AgeAlarm {
  start: () => void
  stop: () => void
}

const REPEAT_MS = 3_600_000

export function createAgeAlarm(maxAgeMs: number, log: Logger): AgeAlarm {
  let timer: NodeJS.Timeout | undefined
  let startedAt = 0
  const raise = () => {
    raiseAlarm(
      log,
      { alarm: 'spool-old', hours: Math.floor((performance.now() - startedAt) / 3_600_000) },
      'records have been waiting in the spool for a long time: check Kafka'
    )
    timer = setTimeout(raise, REPEAT_MS).unref()
  }
  return {
    start: () => {
      startedAt = performance.now()
      timer = setTimeout(raise, maxAgeMs).unref()
    },
    stop: () => clearTimeout(timer)
  }
}

/** Tracks promises that have not settled yet. */
export interface PendingTracker {
  /** Tracks the promise and returns it. */
  watch: <T>(promise: Promise<T>) => Promise<T>
  isIdle: () => boolean
  /** Resolves when no tracked promise is pending, at once when none is. */
  idle: () => Promise<void>
}

export function createPendingTracker(): PendingTracker {
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
    isIdle: () => count === 0,
    idle: () =>
      count === 0
        ? Promise.resolve()
        : new Promise(resolve => {
            waiting.push(resolve)
          })
  }
}
