import type pg from 'pg'
import type { Logger } from 'pino'
import { sweepChanges } from '../db/changes.js'
import type { EventLog, EventReader } from '../event-log/port.js'
import { throttle } from '../lib/throttle.js'
import type { Metrics } from '../observability/metrics.js'
import { findSwitch } from './batch/checkpoints.js'
import { describeStop, loadStop } from './breaker/stops.js'
import { projectFormerLog } from './former-log.js'
import { type ProjectorOptions, reportHole, startProjector } from './projector.js'
import { startRefold } from './refold/refold.js'
import { type RedateStartOptions, startRedate } from './refold/report-dates.js'

export interface ProjectionOptions {
  log: EventLog
  pool: pg.Pool
  group: string
  now: () => Date
  settings: RedateStartOptions['settings']
  logger: Logger
  metrics: Metrics
  /** Opens the local log of an installation that has moved to Kafka, if there is one. It is closed once projected. */
  openFormerLog: () => Promise<EventReader | null>
}

export interface Projection {
  /** `null` while records can be projected, otherwise the reason and what to do. */
  trouble: () => Promise<string | null>
  close: () => Promise<void>
}

const SWEEP_INTERVAL_MS = 60_000

/**
 * Starts projecting: what a former local log still holds, the log itself, and in the background the entities that have
 * to be folded again.
 * @throws when Kafka or Postgres is unreachable; nothing is left open then
 */
export async function startProjection(options: ProjectionOptions): Promise<Projection> {
  const { metrics, openFormerLog, pool, group, now, log, settings } = options
  const logger = options.logger.child({ stage: 'project' })
  const projectorOptions = {
    log,
    pool,
    group,
    now,
    settings,
    logger,
    onProjected: afterBatch(options),
    onStopped: (isStopped: boolean) => metrics.projectorStopped.set(Number(isStopped))
  }
  const logId = await log.id()
  const formerLog = await openFormerLog()
  const former =
    formerLog &&
    (await projectFormerLog({ ...projectorOptions, log: formerLog }).catch(async err => {
      await formerLog.close()
      throw err
    }))
  try {
    const holes = await findSwitch(pool, { logId, group, finished: former ? [former.logId] : [], now: now() })
    for (const hole of holes) reportHole(logger, hole)
    const subscription = await startProjector(projectorOptions)
    const refold = startRefold({ pool, settings, logger })
    const redate = startRedate({ pool, settings, logger })
    return {
      trouble: async () => {
        const stop = await loadStop(pool, group).catch(() => undefined)
        if (stop === undefined) return subscription.trouble() ?? 'Postgres does not answer'
        const reason = describeStop(stop)
        projectorOptions.onStopped(reason !== null) // no record may have come since the projector was resumed
        return reason ?? subscription.trouble() ?? former?.subscription.trouble() ?? null
      },
      close: async () => {
        await Promise.all([subscription.close(), former?.subscription.close(), refold.close(), redate.close()])
      }
    }
  } catch (err) {
    await former?.subscription.close()
    throw err
  }
}

/** Updates the metrics after each batch, and removes old changes once a minute. */
function afterBatch({ pool, logger, metrics, now }: ProjectionOptions): ProjectorOptions['onProjected'] {
  const sweep = throttle(SWEEP_INTERVAL_MS, () => {
    sweepChanges(pool).catch(err => logger.warn({ err }, 'old changes could not be removed, will try again'))
  })
  return ({ records, events, deadLetters, failures, drifted }, { topic }) => {
    metrics.projected.inc({ topic }, records)
    metrics.deadLetters.inc(deadLetters.length)
    metrics.foldFailures.inc(failures.length)
    metrics.driftEvents.inc(drifted)
    const committedAt = now().getTime()
    for (const event of events) {
      const delayMs = committedAt - Date.parse(event.receivedAt) // NaN when another sender wrote a leap second
      if (delayMs >= 0) metrics.projectionDelay.observe(delayMs / 1000)
    }
    sweep()
  }
}
