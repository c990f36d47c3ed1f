import type { Consumer } from 'kafkajs'
import type { Logger } from 'pino'
import { backOffMs, pause } from '../../lib/backoff.js'
import { retry } from '../../lib/retry.js'
import type { EventReader, Offset, SubscribeOptions, TopicPartition } from '../port.js'
import { kafkaTopic } from './requests.js'

/** A partition that is assigned to this consumer, from one group join to the next. */
export interface AssignedPartition extends TopicPartition {
  /** The offset at which the next batch must begin; `null` while it is unknown and the partition is paused. */
  next: Offset | null
  /** True after a batch began later than expected and `startAt` was consulted again: a gap is accepted once. */
  gapAccepted: boolean
  /** Consecutive rejections by the batch handler. */
  rejections: number
}

/** The partitions that are currently assigned to this consumer. */
export interface Assignment {
  /**
   * Replaces the assignment. Must be called synchronously in the GROUP_JOIN listener: kafkajs fetches right after it.
   */
  assign: (partitions: readonly TopicPartition[]) => void
  find: (partition: TopicPartition) => AssignedPartition | null
  /** Consults `startAt` again, because the log does not continue at the expected offset. */
  restart: (entry: AssignedPartition) => void
  /** Does the same for every assigned partition. */
  restartAll: () => void
  /** Pauses the partition with increasing back-off after each rejection; other partitions continue. */
  backOff: (entry: AssignedPartition) => void
  clear: () => void
  /** True when other members of the group read all partitions. */
  isEmpty: () => boolean
  /** Why records cannot be delivered, or `null`. */
  trouble: () => string | null
}

export interface AssignmentOptions {
  consumer: Pick<Consumer, 'pause' | 'resume' | 'seek'>
  topicPrefix: string
  findStart: (partition: TopicPartition) => Promise<Offset>
  log: Logger
}

export function createAssignment(options: AssignmentOptions): Assignment {
  const { consumer, topicPrefix } = options
  const assigned = new Map<string, AssignedPartition>()
  const isAssigned = (entry: AssignedPartition) => assigned.get(keyOf(entry)) === entry

  function assign(partitions: readonly TopicPartition[]): void {
    assigned.clear()
    for (const { topic, partition } of partitions) {
      const entry = { topic, partition, next: null, gapAccepted: false, rejections: 0 }
      assigned.set(keyOf(entry), entry)
      start(entry)
    }
  }

  /** Pauses first: kafkajs does not await its listeners, and would fetch an unresolved batch again in a tight loop. */
  function start(entry: AssignedPartition): void {
    entry.next = null
    consumer.pause([partitionsOf(entry, topicPrefix)])
    void seekStart(options, entry, isAssigned)
  }

  function restart(entry: AssignedPartition): void {
    entry.gapAccepted = true
    start(entry)
  }

  function backOff(entry: AssignedPartition): void {
    entry.rejections++
    consumer.pause([partitionsOf(entry, topicPrefix)])
    void pause(backOffMs(entry.rejections)).then(() => {
      if (isAssigned(entry) && entry.next !== null) consumer.resume([partitionsOf(entry, topicPrefix)])
    })
  }

  return {
    assign,
    find: partition => assigned.get(keyOf(partition)) ?? null,
    restart,
    restartAll: () => {
      for (const entry of assigned.values()) start(entry)
    },
    backOff,
    clear: () => assigned.clear(),
    isEmpty: () => assigned.size === 0,
    trouble: () => troubleOf([...assigned.values()])
  }
}

/** Retries until the start is known or the partition is reassigned. The seek precedes the first fetch. */
async function seekStart(
  options: AssignmentOptions,
  entry: AssignedPartition,
  isOurs: (entry: AssignedPartition) => boolean
): Promise<void> {
  const { consumer, topicPrefix, findStart, log } = options
  const { topic, partition } = entry
  const onFailure = (err: unknown) =>
    log.warn({ err, topic, partition }, 'the start offset could not be determined, retrying')
  await retry(
    async () => {
      if (!isOurs(entry)) return
      const offset = await findStart(entry)
      if (!isOurs(entry)) return
      consumer.seek({ topic: kafkaTopic(topicPrefix, topic), partition, offset: String(offset) })
      entry.next = offset
      consumer.resume([partitionsOf(entry, topicPrefix)])
    },
    { onFailure }
  )
}

function troubleOf(entries: readonly AssignedPartition[]): string | null {
  const rejected = entries.find(({ rejections }) => rejections > 0)
  if (rejected) return `the handler has rejected batches of ${keyOf(rejected)} ${rejected.rejections} times in a row`
  const unstarted = entries.find(({ next }) => next === null)
  return unstarted ? `the start offset of ${keyOf(unstarted)} is not known yet` : null
}

function partitionsOf({ topic, partition }: AssignedPartition, topicPrefix: string) {
  return { topic: kafkaTopic(topicPrefix, topic), partitions: [partition] }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

/** Returns the first offset to fetch. For an offset out of range kafkajs would silently restart at the first record. */
export function createFindStart(startAt: SubscribeOptions['startAt'], bounds: EventReader['bounds'], log: Logger) {
  return async ({ topic, partition }: TopicPartition): Promise<Offset> => {
    const wanted = await startAt({ topic, partition })
    // Read after `startAt`, so that the end offset is not older than the checkpoint.
    const found = (await bounds(topic)).find(entry => entry.partition === partition)
    if (!found) throw new Error(`Kafka returned no offsets for ${topic}/${partition}`)
    const { first, end } = found
    if (wanted === 'first') return first
    if (wanted >= first && wanted <= end) return wanted
    // One below the first offset: retention removed the last handled record, and nothing is missing.
    if (wanted !== first - 1n) {
      const range = { wanted: String(wanted), first: String(first), end: String(end) }
      log.warn(
        { topic, partition, ...range },
        'the log no longer holds the requested offset: starting at its first record'
      )
    }
    return first
  }
}
