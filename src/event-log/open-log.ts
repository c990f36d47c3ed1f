import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Logger } from 'pino'
import type { Config, KafkaConfig } from '../config/config.js'
import { DAY_MS } from '../lib/instant.js'
import { isRefusedForGood } from './kafka/errors.js'
import { createKafkaLog, type KafkaOptions } from './kafka/log.js'
import { openLocalLog } from './local/local-log.js'
import type { EventLog, EventReader } from './port.js'
import { openSpool } from './spool/spool.js'
import { type SpooledLog, spooled } from './spool/spooled.js'

/** The log that the configuration names, open at once, and what is still to be waited for. */
export interface OpenedLog {
  log: EventLog
  /** Null: it can be used already. Otherwise Kafka has to answer and to have our topics; may be tried again. */
  prepare: (() => Promise<void>) | null
  /** What waits for Kafka on this disk, for a process that receives. */
  waiting: SpooledLog['waiting'] | null
}

/** Kafka, behind a spool in DATA_DIR for a process that receives; or the local log in DATA_DIR. */
export async function openLog(config: Config, logger: Logger): Promise<OpenedLog> {
  const log = logger.child({ stage: 'event-log' })
  if (!config.kafka) {
    const local = await openLocalLog({
      dir: localLogDir(config),
      maxBytes: config.logMaxBytes,
      maxAgeMs: config.logRetentionDays * DAY_MS,
      log
    })
    return { log: local, prepare: null, waiting: null }
  }
  if (!config.roles.includes('receive')) {
    const kafka = createKafkaLog(kafkaOptions(config.kafka), { log })
    return { log: kafka, prepare: kafka.prepare, waiting: null }
  }
  const spool = await openSpool({ dir: spoolDir(config.dataDir), maxBytes: config.spoolMaxBytes, log })
  const kafka = createKafkaLog(kafkaOptions(config.kafka), { log })
  const joined = spooled({ kafka, spool, isRefusedForGood, log, maxAgeMs: config.spoolMaxAgeHours * 3_600_000 })
  return { log: joined, prepare: kafka.prepare, waiting: joined.waiting }
}

export function spoolDir(dataDir: string): string {
  return path.join(dataDir, 'spool')
}

export function kafkaOptions({ brokers, ssl, ca, sasl, topicPrefix, createTopics }: KafkaConfig): KafkaOptions {
  return { brokers, ssl: ca === null ? ssl : { ca }, sasl: sasl ?? undefined, topicPrefix, createTopics }
}

/** The local log that an installation had before it moved to Kafka, or null. */
export async function openFormerLog(config: Config, logger: Logger): Promise<EventReader | null> {
  const dir = localLogDir(config)
  return config.kafka && existsSync(dir) ? openLocalLog({ dir, log: logger.child({ stage: 'event-log' }) }) : null
}

export function localLogDir(config: Config): string {
  return path.join(config.dataDir, 'log')
}
