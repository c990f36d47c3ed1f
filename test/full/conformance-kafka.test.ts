import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { openKafkaLog } from '../../src/event-log/kafka/log.js'
import type { LogAdapter } from '../event-log/conformance/adapter.js'
import { conform } from '../event-log/conformance/conform.js'
import { BROKERS, skip } from '../support/kafka-log.js'

export const kafka: LogAdapter = {
  skip,
  newLocation: () => `t-${randomUUID()}`,
  open: topicPrefix =>
    openKafkaLog({ brokers: BROKERS, topicPrefix, createTopics: true }, { log: pino({ level: 'silent' }) })
}

await conform(import.meta.url, kafka)
