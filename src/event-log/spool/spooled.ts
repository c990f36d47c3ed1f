import type { Logger } from 'pino'
import { LogClosedError } from '../../errors.js'
import { withTimeout } from '../../lib/timeout.js'
import { raiseAlarm, resolveAlarm } from '../../observability/alarms.js'
import type { EventLog, LogRecord } from '../port.js'
import { createAgeAlarm, createPendingTracker, drain } from './drainer.js'
import type { Spool } from './spool.js'

export interface SpooledOptions {
  kafka: EventLog
  spool: Spool
  isRefusedForGood: (err: unknown) => boolean
  log: Logger
  /** An alarm is raised when records have been waiting in the spool for longer. */
  maxAgeMs: number
}

export interface SpooledLog extends EventLog {
  backlog: Spool['backlog']
}

/**
 * direct    records go straight to Kafka
 *             → spooling  Kafka refused an append or timed out, or an earlier process left records in the spool
 * spooling  records go to the spool; the drainer sends the oldest ones and so probes whether Kafka is back
 *             → handover  at most HANDOVER_RECORDS are left
 * handover  new appends wait while the drainer sends the rest
 *             → direct    the spool is empty and no append to it is under way
 *             → spooling  the rest could not be sent within HANDOVER_MS
 */
type State =
  | { name: 'direct' }
  | { name: 'spooling'; drained: Promise<void> }
  | { name: 'handover'; drained: Promise<void>; over: Promise<void> }

/** How long `close` drains a spool whose records Kafka accepts. */
const FINAL_DRAIN_MS = 5_000
/** New records may wait for so few. Without a handover, a drainer under load chases ever smaller batches for ever. */
const HANDOVER_RECORDS = 250
/** The longest that new records wait when Kafka fails during a handover. */
const HANDOVER_MS = 1_000

/**
 * Appends to Kafka, and to a spool on the local disk while Kafka accepts nothing.
 *
 * While the spool holds records, new ones go behind them, which keeps the order per key. Only the drainer talks to a
 * broker that hangs; no append waits for it. `append` rejects only when the disk refuses the records as well.
 */
export function spooled({ kafka, spool, isRefusedForGood, log, maxAgeMs }: SpooledOptions): SpooledLog {
  const stop = new AbortController()
  const appends = createPendingTracker()
  const spoolAppends = createPendingTracker()
  const age = createAgeAlarm(maxAgeMs, log)
  let state: State = { name: 'direct' }
  let closing: Promise<void> | null = null

  const append = (records: readonly LogRecord[]): Promise<void> =>
    closing ? Promise.reject(new LogClosedError()) : appends.watch(store(records))

  async function store(records: readonly LogRecord[]): Promise<void> {
    while (state.name === 'handover') await state.over
    if (state.name === 'direct') {
      try {
        return await kafka.append(records)
      } catch {
        // The Kafka log has logged the failure; the records go to the spool.
      }
    }
    const stored = spoolAppends.watch(spool.append(records))
    if (state.name === 'direct') startSpooling(stored)
    return await stored
  }

  /** Enters `spooling`. The drainer starts after `firstAppend` has settled: its caller handles the rejection. */
  function startSpooling(firstAppend: Promise<void>): void {
    raiseAlarm(
      log,
      { alarm: 'spooling', spool: spool.dir },
      'Kafka accepts no records: they are stored in the spool on the local disk until it does'
    )
    age.start()
    const drained = firstAppend.catch(() => {}).then(drainUntilDirect)
    state = { name: 'spooling', drained }
  }

  async function drainUntilDirect(): Promise<void> {
    const startedAt = performance.now()
    let drainedRecords = 0
    const startDrain = () =>
      drain({
        spool,
        send: kafka.append,
        isRefusedForGood,
        log,
        signal: stop.signal,
        remainder: () => (state.name === 'handover' ? 0 : HANDOVER_RECORDS),
        onDrained: records => {
          drainedRecords += records
        }
      })
    let draining = startDrain()
    while (!stop.signal.aborted) {
      await draining
      const endHandover = startHandover()
      await spoolAppends.idle()
      draining = startDrain()
      const isOver = await withTimeout(HANDOVER_MS, draining).then(
        () => true,
        () => false
      )
      const isEmpty = isOver && spool.backlog().records === 0 && spoolAppends.isIdle()
      endHandover(isEmpty ? 'direct' : 'spooling')
      if (isEmpty) {
        const seconds = Math.round((performance.now() - startedAt) / 1000)
        log.info({ drained: drainedRecords, seconds }, 'the spool is drained: records go to Kafka again')
        break
      }
    }
    age.stop()
    if (state.name === 'direct') for (const alarm of ['spooling', 'spool-old'] as const) resolveAlarm(log, { alarm })
    await draining
  }

  /** Makes new appends wait until the returned function is called with the state that follows. */
  function startHandover(): (next: 'direct' | 'spooling') => void {
    if (state.name !== 'spooling') throw new Error(`a handover cannot start in the state ${state.name}`)
    const { drained } = state
    let release = () => {}
    const over = new Promise<void>(resolve => {
      release = resolve
    })
    state = { name: 'handover', drained, over }
    return next => {
      state = next === 'direct' ? { name: 'direct' } : { name: 'spooling', drained }
      release()
    }
  }

  async function close(): Promise<void> {
    await appends.idle()
    const drained = state.name === 'direct' ? null : state.drained
    if (drained && kafka.trouble() === null) await withTimeout(FINAL_DRAIN_MS, drained).catch(() => {})
    stop.abort()
    await drained
    await kafka.close()
    await spool.close()
  }

  function trouble(): string | null {
    if (closing) return 'is closed'
    return state.name !== 'direct' || kafka.trouble() !== null ? spool.trouble() : null
  }

  if (spool.backlog().records > 0) startSpooling(Promise.resolve()) // an earlier process left records
  return {
    id: kafka.id,
    append,
    subscribe: kafka.subscribe,
    bounds: kafka.bounds,
    sparse: kafka.sparse,
    trouble,
    backlog: spool.backlog,
    close: () => (closing ??= close())
  }
}
