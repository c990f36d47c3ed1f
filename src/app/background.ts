import type { Logger } from 'pino'
import { type LiveSettings, pollSettings } from '../accounts/runtime-settings.js'
import type { Config } from '../config/config.js'
import type { Database } from '../db/open.js'
import { type OpenedLog, openFormerLog } from '../event-log/open-log.js'
import { DONE, type Later, startLater, untilDone } from '../lib/background-start.js'
import type { Metrics } from '../observability/metrics.js'
import { startProjection } from '../project/start.js'
import type { Reconciling } from '../reconcile/start.js'

export interface PartsOptions {
  config: Config
  logger: Logger
  metrics: Metrics
  now: () => Date
  opened: OpenedLog | null
  database: Database | null
  /** Null without a database. */
  settings: LiveSettings | null
  reconciling: Reconciling | null
}

/** What needs a server that may not be there yet, by name. */
export function startParts({
  config,
  logger,
  metrics,
  now,
  opened,
  database,
  settings,
  reconciling
}: PartsOptions): Record<string, Later> {
  const later: Record<string, Later> = {}
  const prepare = opened?.prepare && untilDone(opened.prepare)
  const { migrate, pool } = database ?? {}
  if (prepare) later.kafka = startLater('kafka', async () => prepare().then(() => DONE), logger)
  if (migrate) later.database = startLater('database', async () => migrate().then(() => DONE), logger)
  if (settings) {
    later.settings = startLater(
      'settings',
      async () => {
        await migrate?.()
        await settings.refresh()
        return pollSettings(settings, logger)
      },
      logger
    )
  }
  if (config.roles.includes('project') && opened && pool && settings) {
    const { log } = opened
    later.project = startLater(
      'project',
      async () => {
        await migrate?.()
        await settings.refresh() // not a row by the configuration alone
        await prepare?.()
        return startProjection({
          log,
          pool,
          group: config.groupId,
          now,
          settings,
          logger,
          metrics,
          openFormerLog: () => openFormerLog(config, logger)
        })
      },
      logger
    )
  }
  if (reconciling) {
    later.reconcile = startLater(
      'reconcile',
      async () => {
        await migrate?.()
        await prepare?.()
        return reconciling.start()
      },
      logger
    )
  }
  return later
}
