// The mistake: kafkajs is used as it comes. It retries what was not sent, but a broker that has answered is not asked
// again, not even for the partitions that it took over from a dead one meanwhile; and nobody looks at which partitions
// the answer confirms.

import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { pino } from 'pino'
import type { Config } from '../../../src/config/config.js'
import { createBatchingProducer } from '../../../src/event-log/kafka/producer.js'
import { kafkaTopic } from '../../../src/event-log/kafka/requests.js'
import type { Sender } from '../../../src/event-log/kafka/sender.js'
import type { EventLog } from '../../../src/event-log/port.js'
import { groupBy } from '../../support/group-by.js'
import { startRigged } from './start.js'

/** So long a batch grows: one that goes to a single broker shows nothing. */
const LINGER_MS = 20

await startRigged(
  (log, config): EventLog => ({
    ...log,
    append: createBatchingProducer(createCarelessSender(config), pino({ level: 'silent' })).append
  })
)

function createCarelessSender({ kafka }: Config): Sender {
  const { brokers = [], topicPrefix = '' } = kafka ?? {}
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }) // with its own retries and patience
    .producer({ allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner })
  const connected = producer.connect()
  return {
    send: async records => {
      await Promise.all([connected, sleep(LINGER_MS)])
      await producer.sendBatch({
        acks: -1,
        topicMessages: [...groupBy(records, ({ topic }) => topic)].map(([, own]) => ({
          topic: kafkaTopic(topicPrefix, own[0]?.topic ?? 'calls'), // a group has at least one
          messages: own.map(({ key, value, headers }) => ({ key, value, headers }))
        }))
      })
    },
    close: () => producer.disconnect()
  }
}
