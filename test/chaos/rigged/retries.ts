// The bug: kafkajs is used with its defaults. It retries failed requests, but not those to a broker that has responded,
// even if that broker has taken over partitions of a dead one meanwhile; and the confirmed partitions are not checked.
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

/** How long a batch grows. A batch for a single broker would not show the bug. */
const LINGER_MS = 20

await startRigged(
  (log, config): EventLog => ({
    ...log,
    append: createBatchingProducer(createUncheckedSender(config), {
      log: pino({ level: 'silent' }),
      createTopics: false,
      onFailure: () => {}
    }).append
  })
)

function createUncheckedSender({ kafka }: Config): Sender {
  const { brokers = [], topicPrefix = '' } = kafka ?? {}
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }) // with its default retries and timeouts
    .producer({ allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner })
  const connected = producer.connect()
  return {
    send: async records => {
      await Promise.all([connected, sleep(LINGER_MS)])
      await producer.sendBatch({
        acks: -1,
        topicMessages: [...groupBy(records, ({ topic }) => topic)].map(([, ofTopic]) => ({
          topic: kafkaTopic(topicPrefix, ofTopic[0]?.topic ?? 'calls'), // a group has at least one record
          messages: ofTopic.map(({ key, value, headers }) => ({ key, value, headers }))
        }))
      })
    },
    close: () => producer.disconnect()
  }
}
