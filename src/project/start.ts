import type pg from 'pg'
import type { Logger } from 'pino'
import type { EventLog, Subscription } from '../event-log/port.js'
import type { Metrics } from '../metrics.js'
import { projectLocalRest } from './local-rest.js'
import { type ProjectorOptions, reportHole, startProjector } from './projector.js'
import { findSwitch } from './start-at.js'

export interface ProjectionOptions {
  log: EventLog
  pool: pg.Pool
  group: string
  now: () => Date
  logger: Logger
  metrics: Metrics
  /** Where a local log was before, when the log is not that one. */
  formerLocalLog: string | null
}

/** The projecting role, with its metrics: first what a former local log still holds, then the log. */
export async function startProjection ({ metrics, logger, formerLocalLog, ...options }: ProjectionOptions): Promise<Subscription> {
  const { pool, group, now, log } = options
  const projector = { ...options, logger: logger.child({ stage: 'project' }), onProjected: counter(metrics, now) }
  const rest = formerLocalLog === null ? null : await projectLocalRest({ ...projector, dir: formerLocalLog })
  const holes = await findSwitch(pool, { logId: await log.id(), group, finished: rest ? [rest.logId] : [], now: now() })
  for (const hole of holes) reportHole(projector.logger, hole)
  const subscription = await startProjector(projector)
  return {
    trouble: () => subscription.trouble() ?? rest?.subscription.trouble() ?? null,
    close: async () => { await Promise.all([subscription.close(), rest?.subscription.close()]) }
  }
}

function counter (metrics: Metrics, now: () => Date): ProjectorOptions['onProjected'] {
  return ({ records, events, deadLetters, failures }, { topic }) => {
    metrics.projected.inc({ topic }, records)
    metrics.deadLetters.inc(deadLetters.length)
    metrics.foldFailures.inc(failures.length)
    for (const event of events) metrics.projectionDelay.observe(Math.max(0, now().getTime() - Date.parse(event.receivedAt)) / 1000)
  }
}
