import { LogClosedError, NotStoredError } from '../../errors.js'
import type { EventLog, SubscribeOptions, Subscription } from '../port.js'
import { clusterId, createCluster, topicBounds } from './admin.js'
import { createConnect, type KafkaOptions } from './client.js'
import type { ConsumerNeeds } from './consumer.js'
import { createAppender } from './producer.js'
import { createSender } from './sender.js'
import { superviseConsumer } from './supervisor.js'
import { prepareTopics } from './topics.js'

export type { KafkaOptions } from './client.js'

/** `silenceMs` is how long a consumer may be silent before another takes its place; tests alone have less patience. */
export type KafkaLogNeeds = Pick<ConsumerNeeds, 'log' | 'silenceMs'>

export interface KafkaLog extends EventLog {
  /**
   * Resolves when the cluster answers and has our topics; may be tried again.
   * @throws KafkaError  one line that says what is wrong and which variable to look at
   */
  prepare: () => Promise<void>
}

/**
 * The event log in Kafka, once the cluster answers and has our topics.
 * @throws KafkaError  one line that says what is wrong and which variable to look at
 */
export async function openKafkaLog(options: KafkaOptions, needs: KafkaLogNeeds): Promise<EventLog> {
  const log = createKafkaLog(options, needs)
  try {
    await log.prepare()
    return log
  } catch (err) {
    await log.close()
    throw err
  }
}

/** The event log in Kafka, whether or not it can be reached now. */
export function createKafkaLog(options: KafkaOptions, { log, silenceMs }: KafkaLogNeeds): KafkaLog {
  const { topicPrefix, createTopics, consumeOnly = false } = options
  const cluster = createCluster(createConnect(options, 'admin', log))
  const appender = createAppender(createSender(createConnect(options, 'quick', log), topicPrefix), log)
  const subscriptions = new Set<Subscription>()
  let closing: Promise<void> | null = null

  async function subscribe(subscription: SubscribeOptions): Promise<Subscription> {
    if (closing) throw new LogClosedError()
    const supervised = superviseConsumer({ options, subscription, bounds, log, silenceMs })
    subscriptions.add(supervised)
    return {
      trouble: supervised.trouble,
      close: async () => {
        await supervised.close()
        subscriptions.delete(supervised)
      }
    }
  }

  const bounds: EventLog['bounds'] = topic => topicBounds(cluster, topicPrefix, topic)

  async function closeAll(): Promise<void> {
    await Promise.all([appender.close(), ...[...subscriptions].map(subscription => subscription.close())])
    await cluster.close()
  }

  return {
    prepare: () => prepareTopics(cluster, { topicPrefix, createTopics, consumeOnly }, log),
    id: async () => `${await clusterId(cluster)}/${topicPrefix}`, // offsets of another prefix's topics mean nothing here
    append: consumeOnly ? refuseAppend : appender.append,
    subscribe,
    bounds,
    sparse: false,
    trouble: () => (closing ? 'is closed' : appender.trouble()),
    close: () => (closing ??= closeAll())
  }
}

async function refuseAppend(): Promise<never> {
  throw new NotStoredError({ cause: new Error('this process only reads the log') })
}
