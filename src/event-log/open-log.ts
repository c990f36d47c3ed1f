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

/** The configured log. It is open at once; Kafka may have to be awaited. */
export interface OpenedLog {
  log: EventLog
  /**
   * Resolves when Kafka responds and has all topics; may be called again. `null` for a local log, which needs no wait.
   */
  prepare: (() => Promise<void>) | null
  /** The records that wait in the spool for Kafka; `null` in a process without a spool. */
  backlog: SpooledLog['backlog'] | null
}

/** The command `drain` releases the spool after its present batch, when the receiver is started. */
const TAKE_OVER_MS = 30_000

/** Opens Kafka, with a spool in DATA_DIR when the process receives webhooks, or the local log in DATA_DIR. */
export async function openLog(config: Config, logger: Logger): Promise<OpenedLog> {
  const log = logger.child({ stage: 'event-log' })
  if (!config.kafka) {
    const local = await openLocalLog({
      dir: localLogDir(config),
      maxBytes: config.logMaxBytes,
      maxAgeMs: config.logRetentionDays * DAY_MS,
      log
    })
    return { log: local, prepare: null, backlog: null }
  }
  if (!config.roles.includes('receive')) {
    const kafka = createKafkaLog(kafkaOptions(config.kafka), { log })
    return { log: kafka, prepare: kafka.prepare, backlog: null }
  }
  const spool = await openSpool({
    dir: spoolDir(config.dataDir),
    maxBytes: config.spoolMaxBytes,
    lock: { takeOverMs: TAKE_OVER_MS },
    log
  })
  const kafka = createKafkaLog(kafkaOptions(config.kafka), { log })
  const joined = spooled({ kafka, spool, isRefusedForGood, log, maxAgeMs: config.spoolMaxAgeHours * 3_600_000 })
  return { log: joined, prepare: kafka.prepare, backlog: joined.backlog }
}

export function spoolDir(dataDir: string): string {
  return path.join(dataDir, 'spool')
}

export function kafkaOptions({ brokers, ssl, ca, sasl, topicPrefix, createTopics }: KafkaConfig): KafkaOptions {
  return { brokers, ssl: ca === null ? ssl : { ca }, sasl: sasl ?? undefined, topicPrefix, createTopics }
}

/** Opens the local log that an installation used before it moved to Kafka; resolves with `null` when there is none. */
export async function openFormerLog(config: Config, logger: Logger): Promise<EventReader | null> {
  const dir = localLogDir(config)
  return config.kafka && existsSync(dir) ? openLocalLog({ dir, log: logger.child({ stage: 'event-log' }) }) : null
}

export function localLogDir(config: Config): string {
  return path.join(config.dataDir, 'log')
}
