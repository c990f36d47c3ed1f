import type { Topic } from './topics.js'

/** What is appended: the bytes of one event, with the key that keeps one entity's events in order. */
export interface LogRecord {
  topic: Topic
  /** `account:entity`; the same key always lands in the same partition. */
  key: string
  value: Buffer
  headers: Record<string, string>
}

/** A record as it lies in the log. What somebody else produced into our topic may lack key, value or headers. */
export interface StoredRecord {
  topic: Topic
  partition: number
  offset: Offset
  key: string | null
  value: Buffer | null
  headers: Record<string, string>
}

/** Grows within a partition; need not be dense. */
export type Offset = bigint
