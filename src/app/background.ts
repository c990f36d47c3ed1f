import type { Logger } from 'pino'
import { pollSettings, type RuntimeSettings } from '../accounts/runtime-settings.js'
import type { Config } from '../config/config.js'
import type { Database } from '../db/open.js'
import { type OpenedLog, openFormerLog } from '../event-log/open-log.js'
import { type BackgroundService, NOTHING_RUNNING, shareUntilSuccess } from '../lib/background-service.js'
import type { Metrics } from '../observability/metrics.js'
import { startProjection } from '../project/start.js'
import type { Reconciliation } from '../reconcile/start.js'
import type { RetriedStart } from './background-start.js'
import { startWithRetry } from './background-start.js'

export interface BackgroundOptions {
  config: Config
  logger: Logger
  metrics: Metrics
  now: () => Date
  opened: OpenedLog | null
  database: Database | null
  /** `null` without a database. */
  settings: RuntimeSettings | null
  /** `null` when this process does not have the role `reconcile`. */
  reconciling: Reconciliation | null
}

/** Starts everything that needs Postgres or Kafka, which may not be reachable yet; the keys are for logs and health. */
export function startBackgroundServices(options: BackgroundOptions): Record<string, RetriedStart> {
  const { config, logger, metrics, now, opened, database, settings, reconciling } = options
  const services: Record<string, RetriedStart> = {}
  const start = (name: string, work: () => Promise<BackgroundService>) => {
    services[name] = startWithRetry(name, work, logger)
  }
  const prepareTopics = opened?.prepare && shareUntilSuccess(opened.prepare)
  const { migrate, pool } = database ?? {}
  if (prepareTopics) start('kafka', async () => prepareTopics().then(() => NOTHING_RUNNING))
  if (migrate) start('database', async () => migrate().then(() => NOTHING_RUNNING))
  if (settings) {
    start('settings', async () => {
      await migrate?.()
      await settings.refresh()
      return pollSettings(settings, logger)
    })
  }
  if (config.roles.includes('project') && opened && pool && settings) {
    start('project', async () => {
      await migrate?.()
      await settings.refresh() // no row may be folded with the settings of the configuration alone
      await prepareTopics?.()
      return startProjection({
        log: opened.log,
        pool,
        group: config.groupId,
        now,
        settings,
        logger,
        metrics,
        openFormerLog: () => openFormerLog(config, logger)
      })
    })
  }
  if (reconciling) {
    start('reconcile', async () => {
      await migrate?.()
      await prepareTopics?.()
      return reconciling.start()
    })
  }
  return services
}
