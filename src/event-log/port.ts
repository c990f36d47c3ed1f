import type { LogRecord, Offset, StoredRecord } from '../events/log-record.js'
import type { Topic } from '../events/topics.js'

export type { LogRecord, Offset, StoredRecord }

export interface TopicPartition {
  topic: Topic
  partition: number
}

export interface Batch extends TopicPartition {
  /** In the order of their offsets; at least one. */
  records: StoredRecord[]
  /** Tells the log that the handler is alive. Needed only by a handler that takes longer than some seconds. */
  heartbeat: () => Promise<void>
}

/** Resolves when the effect of the batch is committed; a rejection brings the same records again. */
export type BatchHandler = (batch: Batch) => Promise<void>

export interface SubscribeOptions {
  /** Consumers of one group share the partitions. */
  group: string
  topics: readonly Topic[]
  /** Asked at every assignment of a partition: the first offset wanted, or `first` for the oldest there is. */
  startAt: (partition: TopicPartition) => Promise<Offset | 'first'>
  handle: BatchHandler
  /** The local log only: all that lies in the log is handled. May be called again when more has come. */
  onEnd?: (() => void) | undefined
}

export interface Subscription {
  /** Null while records can flow; otherwise why they cannot, for `/health/ready/project`. */
  trouble: () => string | null
  /** Waits for the batch in hand, then leaves the group. */
  close: () => Promise<void>
}

export interface PartitionBounds {
  partition: number
  /** The offset of the oldest record, or `end` when there is none. */
  first: Offset
  /** One past the newest record. */
  end: Offset
}

/** What a reader needs: `tail` reads a local log beside the process that owns it. */
export interface EventReader {
  /**
   * Kafka's cluster id with the topics' prefix, or the local log's own: checkpoints belong to it. Rejects while it
   * cannot be known.
   */
  id: () => Promise<string>
  subscribe: (options: SubscribeOptions) => Promise<Subscription>
  bounds: (topic: Topic) => Promise<PartitionBounds[]>
  /** True when the offsets of one topic leave out those of others, so that a gap between two says nothing. */
  sparse: boolean
  /** Ends subscriptions and waits for what was accepted. */
  close: () => Promise<void>
}

/**
 * An append-only log of records, kept in order per key.
 * Delivery is at least once: a record may be in the log twice, and a batch may be handled twice.
 */
export interface EventLog extends EventReader {
  /**
   * Resolves when every record is durable: acknowledged by all in-sync replicas, or synced to the disk.
   * @throws when that is not known to be so; some of the records may be in the log all the same
   */
  append: (records: readonly LogRecord[]) => Promise<void>
  /** Null while it can append; otherwise why not, for `/health/ready/receive`. */
  trouble: () => string | null
}
