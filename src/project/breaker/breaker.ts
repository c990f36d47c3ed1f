import type pg from 'pg'
import type { Logger } from 'pino'
import type { Tx } from '../../db/transaction.js'
import { ProjectorStoppedError } from '../../errors.js'
import type { StoredRecord } from '../../event-log/port.js'
import { raiseAlarm, resolveAlarm } from '../../observability/alarms.js'
import type { CheckpointKey } from '../batch/checkpoints.js'
import { describeStop, exemptUntil, loadStop, recordStop, type Stop } from './stops.js'
import {
  type BatchFailures,
  commonCode,
  createFailureWindow,
  type Excess,
  type FailureWindow,
  type RecordResult,
  resultsOf
} from './window.js'

/**
 * The circuit breaker of a projector. It keeps a faulty deploy from turning a whole topic into dead letters.
 *
 * closed  batches are projected, and the failures among the last records of this process are counted
 * open    a batch exceeded the limit and was rolled back; nothing is projected until an operator resumes the projector
 *
 * The state is the row of the group in `projector_stops`, so that it holds for all processes and across restarts.
 */
export interface Breaker {
  /** Reports an open breaker when the process starts. */
  checkAtStart: () => Promise<void>
  /** The check of one batch. */
  forBatch: (key: CheckpointKey) => BatchCheck
}

/** The steps of one batch, in this order: two within its transaction, then one of the last two. */
export interface BatchCheck {
  /** @throws ProjectorStoppedError  when the breaker is open */
  beforeProjecting: (tx: Tx) => Promise<void>
  /** @throws ProjectorStoppedError  when too many records have failed */
  beforeCommit: (records: readonly StoredRecord[], failures: BatchFailures) => void
  /** Counts the results of the batch. */
  committed: () => void
  /** Opens the breaker when too many records of the batch have failed. */
  rolledBack: () => Promise<void>
}

export interface BreakerOptions {
  pool: pg.Pool
  group: string
  now: () => Date
  logger: Logger
  /** Called with the state whenever it was read. */
  onStopped?: ((isStopped: boolean) => void) | undefined
}

export function createBreaker({ pool, group, now, logger, onStopped }: BreakerOptions): Breaker {
  const window = createFailureWindow()
  const report = createReporter(logger, onStopped)
  const open = async (key: CheckpointKey, stop: Omit<NewStop, 'stoppedAt'>) => {
    await recordStop(pool, key, { ...stop, stoppedAt: now() })
    report(await loadStop(pool, group))
  }
  return {
    checkAtStart: async () => report(await loadStop(pool, group)),
    forBatch: key => createBatchCheck(key, { window, report, open })
  }
}

type NewStop = Parameters<typeof recordStop>[2]

interface BreakerParts {
  window: FailureWindow
  report: (stop: Stop | null) => void
  open: (key: CheckpointKey, stop: Omit<NewStop, 'stoppedAt'>) => Promise<void>
}

function createBatchCheck(key: CheckpointKey, { window, report, open }: BreakerParts): BatchCheck {
  let exempt = -1n
  let hasExempt = false
  let results: readonly RecordResult[] = []
  let excess: (Excess & Pick<NewStop, 'lastOffset' | 'code'>) | null = null
  return {
    beforeProjecting: async tx => {
      const stop = await loadStop(tx, key.group)
      report(stop)
      const reason = describeStop(stop)
      if (reason) throw new ProjectorStoppedError(reason)
      exempt = exemptUntil(stop, key)
    },
    beforeCommit: (records, failures) => {
      results = resultsOf(records, failures, exempt)
      hasExempt = results.length < records.length
      const found = window.excessWith(results)
      if (!found) return
      excess = { ...found, lastOffset: records.at(-1)?.offset ?? -1n, code: commonCode(failures) }
      throw new ProjectorStoppedError('too many records cannot be projected')
    },
    committed: () => {
      if (hasExempt) window.clear() // the projector was resumed: counting starts again
      window.add(results)
    },
    rolledBack: async () => {
      if (excess) await open(key, excess)
    }
  }
}

/** Logs an alarm when the breaker opens, and a line when it closes. */
function createReporter(
  logger: Logger,
  onStopped: (isStopped: boolean) => void = () => {}
): (stop: Stop | null) => void {
  let isStopped = false
  return stop => {
    const reason = describeStop(stop)
    if (reason && !isStopped)
      raiseAlarm(
        logger,
        { alarm: 'projector-stopped', code: stop?.code, records: stop?.records, failed: stop?.failed },
        `the projector has ${reason}`
      )
    if (!reason && isStopped) logger.info('the projector was resumed')
    if (!reason) resolveAlarm(logger, { alarm: 'projector-stopped' })
    isStopped = reason !== null
    onStopped(isStopped)
  }
}
