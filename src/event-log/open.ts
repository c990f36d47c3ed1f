import path from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { openKafkaLog } from './kafka/log.js'
import { openLocalLog } from './local/local-log.js'
import type { EventLog } from './port.js'

/** The log that the configuration names: Kafka, or the local one in DATA_DIR. */
export async function openLog (config: Config, logger: Logger): Promise<EventLog> {
  const log = logger.child({ stage: 'event-log' })
  return config.kafka ? openKafkaLog(config.kafka, { log }) : openLocalLog({ dir: localLogDir(config), log })
}

export function localLogDir (config: Config): string {
  return path.join(config.dataDir, 'log')
}
