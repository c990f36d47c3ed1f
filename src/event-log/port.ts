import type { LogRecord, Offset, StoredRecord } from '../events/log-record.js'
import type { Topic } from '../events/topics.js'

export type { LogRecord, Offset, StoredRecord }

export interface TopicPartition {
  topic: Topic
  partition: number
}

export interface Batch extends TopicPartition {
  /** At least one, in the order of their offsets. */
  records: StoredRecord[]
  /** Keeps the consumer in its group. Needed only by a handler that takes longer than a few seconds. */
  heartbeat: () => Promise<void>
}

/** Resolves when the effect of the batch is committed; after a rejection the same records are delivered again. */
export type BatchHandler = (batch: Batch) => Promise<void>

export interface SubscribeOptions {
  /** Consumers of one group share the partitions. */
  group: string
  topics: readonly Topic[]
  /** Called at every assignment of a partition: returns the first offset to deliver, or `first` for the oldest one. */
  startAt: (partition: TopicPartition) => Promise<Offset | 'first'>
  handle: BatchHandler
  /** Local log only: called when all records have been handled, and again after further ones. */
  onEnd?: (() => void) | undefined
}

export interface Subscription {
  /** Why records cannot be delivered, for `/health/ready/project`, or `null`. */
  trouble: () => string | null
  /** Waits for the batch in progress, then leaves the group. */
  close: () => Promise<void>
}

export interface PartitionBounds {
  partition: number
  /** The offset of the oldest record; `end` when there are none. */
  first: Offset
  /** One past the newest record. */
  end: Offset
}

/** Records of a local log that are no longer readable. */
export interface LogDamage {
  firstOffset: number
  /** One past the last lost record. Some records in between may be intact. */
  endOffset: number
  /** The number of lost records; `null` when it is unknown. */
  records: number | null
  /** When the last record before them was appended, in ms since 1970; `null` when it is unknown. */
  lostAfter: number | null
  /** When the first record after them was appended; `null` when it is unknown, or when there is none. */
  lostBefore: number | null
}

/** The reading side of the log: `tail` reads a local log that another process owns. */
export interface EventReader {
  /**
   * Identifies the log that offsets and checkpoints belong to: the cluster id and topic prefix of Kafka, or the id of
   * the local log. Rejects while Kafka does not respond.
   */
  id: () => Promise<string>
  subscribe: (options: SubscribeOptions) => Promise<Subscription>
  bounds: (topic: Topic) => Promise<PartitionBounds[]>
  /** True when topics share one sequence of offsets, so that a gap within a topic does not mean a missing record. */
  sparse: boolean
  /** Local log only: the damage found since it was opened, before the records after it are delivered. */
  damage?: () => readonly LogDamage[]
  /** Closes the subscriptions and waits for accepted appends. */
  close: () => Promise<void>
}

/**
 * An append-only log of records that keeps the order per key.
 * Delivery is at least once: a record may be stored twice, and a batch may be delivered twice.
 */
export interface EventLog extends EventReader {
  /**
   * Resolves when every record is durable: acknowledged by all in-sync replicas, or synced to disk.
   * @throws when durability is uncertain; some of the records may have been stored
   */
  append: (records: readonly LogRecord[]) => Promise<void>
  /** Why records cannot be appended, for `/health/ready/receive`, or `null`. */
  trouble: () => string | null
}
