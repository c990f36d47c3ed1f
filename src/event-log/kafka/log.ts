import { LogClosedError, NotStoredError } from '../../errors.js'
import type { EventLog, SubscribeOptions, Subscription } from '../port.js'
import { clusterId, createCluster, topicBounds } from './admin.js'
import { createConnect, type KafkaOptions } from './client.js'
import type { ConsumerOptions } from './consumer.js'
import { createBatchingProducer } from './producer.js'
import { createSender } from './sender.js'
import { superviseConsumer } from './supervisor.js'
import { createTopicRepair, prepareTopics } from './topics.js'

export type { KafkaOptions } from './client.js'

/** `silenceMs`: how long a consumer may be silent before it is replaced; set by tests only. */
export type KafkaLogContext = Pick<ConsumerOptions, 'log' | 'silenceMs'>

export interface KafkaLog extends EventLog {
  /**
   * Resolves when the cluster responds and has all topics. May be called again after a rejection.
   * @throws KafkaError  one line that says what is wrong and which variable to check
   */
  prepare: () => Promise<void>
}

/**
 * Opens the event log in Kafka and resolves when the cluster responds and has all topics.
 * @throws KafkaError  one line that says what is wrong and which variable to check
 */
export async function openKafkaLog(options: KafkaOptions, needs: KafkaLogContext): Promise<EventLog> {
  const log = createKafkaLog(options, needs)
  try {
    await log.prepare()
    return log
  } catch (err) {
    await log.close()
    throw err
  }
}

/** Creates the event log in Kafka, whether or not the cluster is reachable. */
export function createKafkaLog(options: KafkaOptions, { log, silenceMs }: KafkaLogContext): KafkaLog {
  const { topicPrefix, createTopics, consumeOnly = false } = options
  const requirements = { topicPrefix, createTopics, consumeOnly }
  const cluster = createCluster(createConnect(options, 'admin', log), { createTopics })
  const onFailure = createTopicRepair(cluster, requirements, log)
  const sender = createSender(createConnect(options, 'producer', log), topicPrefix)
  const appender = createBatchingProducer(sender, { log, createTopics, onFailure })
  const subscriptions = new Set<Subscription>()
  let closing: Promise<void> | null = null

  async function subscribe(subscription: SubscribeOptions): Promise<Subscription> {
    if (closing) throw new LogClosedError()
    const supervised = superviseConsumer({ options, subscription, bounds, onFailure, log, silenceMs })
    subscriptions.add(supervised)
    return {
      trouble: supervised.trouble,
      close: async () => {
        await supervised.close()
        subscriptions.delete(supervised)
      }
    }
  }

  const bounds: EventLog['bounds'] = topic =>
    topicBounds(cluster, topicPrefix, topic).catch(err => {
      onFailure(err)
      throw err
    })

  async function closeAll(): Promise<void> {
    await Promise.all([appender.close(), ...[...subscriptions].map(subscription => subscription.close())])
    await cluster.close()
  }

  return {
    prepare: () => prepareTopics(cluster, requirements, log),
    id: async () => `${await clusterId(cluster)}/${topicPrefix}`, // offsets of topics with another prefix are unrelated
    append: consumeOnly ? refuseAppend : appender.append,
    subscribe,
    bounds,
    sparse: false,
    trouble: () => (closing ? 'is closed' : appender.trouble()),
    close: () => (closing ??= closeAll())
  }
}

async function refuseAppend(): Promise<never> {
  throw new NotStoredError({ cause: new Error('this process opened the log for reading only') })
}
