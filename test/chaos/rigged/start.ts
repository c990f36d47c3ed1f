import { startService } from '../../../src/app/service.js'
import { type Config, loadConfig } from '../../../src/config/config.js'
import type { EventLog } from '../../../src/event-log/port.js'
import { systemClock } from '../../../src/lib/clock.js'
import { createAlarmJournal } from '../../../src/observability/alarm-journal.js'
import { createLogger } from '../../../src/observability/logger.js'
import { createMetrics } from '../../../src/observability/metrics.js'

/** Starts the service with a log into which a bug is injected, and runs it until SIGTERM. */
export async function startRigged(rig: (log: EventLog, config: Config) => EventLog): Promise<void> {
  const config = loadConfig(process.env)
  const metrics = createMetrics()
  const logger = createLogger({ level: config.logLevel, alarms: createAlarmJournal(metrics, systemClock.now) })
  const service = await startService({ config, logger, metrics, wrapLog: log => rig(log, config) })
  logger.info({ url: service.url, roles: config.roles }, 'ready')
  process.once('SIGTERM', () => {
    service.stop(0).then(
      () => process.exit(0),
      () => process.exit(1)
    )
  })
}
