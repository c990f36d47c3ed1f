import type pg from 'pg'
import type { Logger } from 'pino'
import type { EventLog, Subscription } from '../event-log/port.js'
import type { Metrics } from '../metrics.js'
import { startProjector } from './projector.js'

export interface ProjectionOptions {
  log: EventLog
  pool: pg.Pool
  group: string
  now: () => Date
  logger: Logger
  metrics: Metrics
}

/** The projecting role, with its metrics. */
export async function startProjection ({ metrics, logger, ...options }: ProjectionOptions): Promise<Subscription> {
  return startProjector({
    ...options,
    logger: logger.child({ stage: 'project' }),
    onProjected: ({ records, events, deadLetters, failures }, { topic }) => {
      const now = options.now().getTime()
      metrics.projected.inc({ topic }, records)
      metrics.deadLetters.inc(deadLetters.length)
      metrics.foldFailures.inc(failures.length)
      for (const event of events) metrics.projectionDelay.observe(Math.max(0, now - Date.parse(event.receivedAt)) / 1000)
    }
  })
}
