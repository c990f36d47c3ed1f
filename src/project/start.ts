import type pg from 'pg'
import type { Logger } from 'pino'
import { sweepChanges } from '../db/changes.js'
import type { EventLog, EventReader } from '../event-log/port.js'
import { throttle } from '../lib/throttle.js'
import type { Metrics } from '../observability/metrics.js'
import { findSwitch } from './batch/checkpoints.js'
import { describeStop, loadStop } from './breaker/stops.js'
import { projectLocalRest } from './former-log.js'
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
  /** Opens the local log of an installation that has moved to Kafka, if there is one. Closed when it is projected. */
  openFormerLog: () => Promise<EventReader | null>
}

export interface Projection {
  /** Null while records can flow; otherwise why they cannot, and what to do. */
  trouble: () => Promise<string | null>
  close: () => Promise<void>
}

const SWEEP_EVERY_MS = 60_000

/**
 * The projecting role, with its metrics: first what a former local log still holds, then the log.
 * @throws when Kafka or Postgres cannot be reached; nothing is left open then
 */
export async function startProjection({
  metrics,
  logger,
  openFormerLog,
  ...options
}: ProjectionOptions): Promise<Projection> {
  const { pool, group, now, log, settings } = options
  const count = counter(metrics, now)
  const sweep = throttle(SWEEP_EVERY_MS, () => {
    sweepChanges(pool).catch(err => logger.warn({ err }, 'old changes could not be removed, and are tried again soon'))
  })
  const onProjected: ProjectorOptions['onProjected'] = (projected, batch) => {
    count(projected, batch)
    sweep()
  }
  const projector = {
    ...options,
    logger: logger.child({ stage: 'project' }),
    onProjected,
    onStopped: (isStopped: boolean) => metrics.projectorStopped.set(Number(isStopped))
  }
  const logId = await log.id()
  const formerLog = await openFormerLog()
  const rest =
    formerLog &&
    (await projectLocalRest({ ...projector, log: formerLog }).catch(async err => {
      await formerLog.close()
      throw err
    }))
  try {
    const holes = await findSwitch(pool, { logId, group, finished: rest ? [rest.logId] : [], now: now() })
    for (const hole of holes) reportHole(projector.logger, hole)
    const subscription = await startProjector(projector)
    const refold = startRefold({ pool, settings, logger: projector.logger })
    const redate = startRedate({ pool, settings, logger: projector.logger })
    return {
      trouble: async () => {
        const stop = await loadStop(pool, group).catch(() => undefined) // without Postgres the subscription says why
        if (stop === undefined) return subscription.trouble()
        const why = describeStop(stop)
        projector.onStopped(why !== null) // the process may have had no record since it was resumed
        return why ?? subscription.trouble() ?? rest?.subscription.trouble() ?? null
      },
      close: async () => {
        await Promise.all([subscription.close(), rest?.subscription.close(), refold.close(), redate.close()])
      }
    }
  } catch (err) {
    await rest?.subscription.close()
    throw err
  }
}

function counter(metrics: Metrics, now: () => Date): ProjectorOptions['onProjected'] {
  return ({ records, events, deadLetters, failures, drifted }, { topic }) => {
    metrics.projected.inc({ topic }, records)
    metrics.deadLetters.inc(deadLetters.length)
    metrics.foldFailures.inc(failures.length)
    metrics.driftEvents.inc(drifted)
    const committedAt = now().getTime()
    for (const event of events) {
      const delayMs = committedAt - Date.parse(event.receivedAt) // NaN for a leap second of somebody else's
      if (delayMs >= 0) metrics.projectionDelay.observe(delayMs / 1000)
    }
  }
}
