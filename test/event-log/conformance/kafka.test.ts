import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { openKafkaLog } from '../../../src/event-log/kafka/log.js'
import { BROKERS, skip } from '../../support/kafka-log.js'
import type { LogAdapter } from './adapter.js'
import { conform } from './conform.js'

export const kafka: LogAdapter = {
  skip,
  newLocation: () => `t-${randomUUID()}`,
  open: topicPrefix =>
    openKafkaLog({ brokers: BROKERS, topicPrefix, createTopics: true }, { log: pino({ level: 'silent' }) })
}

await conform(import.meta.url, kafka)
