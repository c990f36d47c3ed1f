import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Logger } from 'pino'
import type { Config, KafkaConfig } from '../config.js'
import { type KafkaOptions, openKafkaLog } from './kafka/log.js'
import { openLocalLog } from './local/local-log.js'
import type { EventLog, EventReader } from './port.js'

/** The log that the configuration names: Kafka, or the local one in DATA_DIR. */
export async function openLog (config: Config, logger: Logger): Promise<EventLog> {
  const log = logger.child({ stage: 'event-log' })
  return config.kafka ? openKafkaLog(kafkaOptions(config.kafka), { log }) : openLocalLog({ dir: localLogDir(config), log })
}

export function kafkaOptions ({ brokers, ssl, ca, sasl, topicPrefix, createTopics }: KafkaConfig): KafkaOptions {
  return { brokers, ssl: ca === null ? ssl : { ca }, sasl: sasl ?? undefined, topicPrefix, createTopics }
}

/** The local log that an installation had before it moved to Kafka, or null. */
export async function openFormerLog (config: Config, logger: Logger): Promise<EventReader | null> {
  const dir = localLogDir(config)
  return config.kafka && existsSync(dir) ? openLocalLog({ dir, log: logger.child({ stage: 'event-log' }) }) : null
}

export function localLogDir (config: Config): string {
  return path.join(config.dataDir, 'log')
}
