import type { Topic } from './topics.js'

/** One event as it is appended to the log. The key keeps the events of an entity in order. */
export interface LogRecord {
  topic: Topic
  /** `account:entity`. Records with the same key are in the same partition. */
  key: string
  value: Buffer
  headers: Record<string, string>
}

/** A record as it is stored in the log. Records of other producers may have no key, value or headers. */
export interface StoredRecord {
  topic: Topic
  partition: number
  offset: Offset
  key: string | null
  value: Buffer | null
  headers: Record<string, string>
}

/** Increases within a partition, possibly with gaps. */
export type Offset = bigint
