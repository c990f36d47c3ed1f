import type pg from 'pg'
import type { Logger } from 'pino'
import type { Tx } from '../../db/transaction.js'
import { ProjectorStoppedError } from '../../errors.js'
import type { StoredRecord } from '../../event-log/port.js'
import type { CheckpointKey } from '../batch/checkpoints.js'
import { describeStop, letThroughUntil, loadStop, recordStop, type Stop } from './stops.js'
import {
  type BatchFailures,
  commonCode,
  createFailureWindow,
  type Excess,
  type FailureWindow,
  type Outcome,
  outcomesOf
} from './window.js'

/** Asked within the transaction of a batch. */
export interface BatchGuard {
  /**
   * Before anything is done.
   * @throws ProjectorStoppedError  nothing may be projected until it is resumed
   */
  enter: (tx: Tx) => Promise<void>
  /**
   * Before the commit.
   * @throws ProjectorStoppedError  too many records have failed
   */
  leave: (records: readonly StoredRecord[], failures: BatchFailures) => void
}

export interface GuardOptions {
  pool: pg.Pool
  group: string
  now: () => Date
  logger: Logger
  /** Told whether it stands still whenever that was looked for. */
  onStopped?: ((isStopped: boolean) => void) | undefined
}

export interface Guard {
  /** Says so when the projector had stopped before this process began. */
  look: () => Promise<void>
  /** Does the work of a batch; when too much of it fails, nothing more is projected until it is resumed. */
  watch: <T>(key: CheckpointKey, work: (guard: BatchGuard) => Promise<T>) => Promise<T>
}

/**
 * Stops the projector before a bad deploy makes dead letters of a whole topic. Counts what this process has projected.
 */
export function createGuard({ pool, group, now, logger, onStopped }: GuardOptions): Guard {
  const window = createFailureWindow()
  const tell = createTeller(logger, onStopped)

  async function watch<T>(key: CheckpointKey, work: (guard: BatchGuard) => Promise<T>): Promise<T> {
    const { guard, seen } = createBatchGuard(key, window, tell)
    try {
      const done = await work(guard)
      if (seen.isLetThrough) window.clear()
      window.note(seen.outcomes)
      return done
    } catch (err) {
      if (seen.excess) {
        // the batch is rolled back
        await recordStop(pool, key, { ...seen.excess, stoppedAt: now() })
        tell(await loadStop(pool, group))
      }
      throw err
    }
  }

  return { look: async () => tell(await loadStop(pool, group)), watch }
}

/** What the guard of a batch has found. */
interface Seen {
  outcomes: readonly Outcome[]
  /** Some of its records were not counted, since the projector was resumed for them. */
  isLetThrough: boolean
  excess: Pick<Stop, 'lastOffset' | 'code' | keyof Excess> | null
}

function createBatchGuard(
  key: CheckpointKey,
  window: FailureWindow,
  tell: (stop: Stop | null) => void
): { guard: BatchGuard; seen: Seen } {
  const seen: Seen = { outcomes: [], isLetThrough: false, excess: null }
  let letThrough = -1n
  const guard: BatchGuard = {
    enter: async tx => {
      const stop = await loadStop(tx, key.group)
      tell(stop)
      const why = describeStop(stop)
      if (why) throw new ProjectorStoppedError(why)
      letThrough = letThroughUntil(stop, key)
    },
    leave: (records, failures) => {
      seen.outcomes = outcomesOf(records, failures, letThrough)
      seen.isLetThrough = seen.outcomes.length < records.length
      const excess = window.excessWith(seen.outcomes)
      if (!excess) return
      seen.excess = { ...excess, lastOffset: records.at(-1)?.offset ?? -1n, code: commonCode(failures) }
      throw new ProjectorStoppedError('too many records cannot be projected')
    }
  }
  return { guard, seen }
}

/** An alarm when it stops, and a line when it goes on. */
function createTeller(logger: Logger, onStopped: (isStopped: boolean) => void = () => {}): (stop: Stop | null) => void {
  let isStopped = false
  return stop => {
    const why = describeStop(stop)
    if (why && !isStopped)
      logger.error(
        { alarm: 'projector-stopped', code: stop?.code, records: stop?.records, failed: stop?.failed },
        `the projector has ${why}`
      )
    if (!why && isStopped) logger.info('the projector goes on')
    isStopped = why !== null
    onStopped(isStopped)
  }
}
