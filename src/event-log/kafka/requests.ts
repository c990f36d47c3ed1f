import type { IHeaders, KafkaMessage, Message, RecordMetadata } from 'kafkajs'
import { isTopic, type Topic } from '../../events/topics.js'
import type { LogRecord, StoredRecord, TopicPartition } from '../port.js'

/** A record and the partition of its key. */
export interface PartitionedRecord {
  record: LogRecord
  partition: number
}

/** Half of the usual broker limit of 1 MiB, which applies to all records of a request for one partition. */
export const MAX_PARTITION_BYTES = 512 * 1024
/** kafkajs copies the list of a partition for each record it adds, so its work grows with the square of this. */
export const MAX_PARTITION_RECORDS = 1_000

/**
 * Splits records into requests to be sent one after the other, keeping the order within a partition.
 * A record above the limit is alone in its request and partition; the limit of the topic decides whether it is
 * accepted.
 */
export function splitIntoRequests(records: readonly PartitionedRecord[]): PartitionedRecord[][] {
  const requests: PartitionedRecord[][] = []
  const open = new Map<string, { request: number; bytes: number; count: number }>()
  for (const placed of records) {
    const key = keyOf(placed.record.topic, placed.partition)
    const bytes = sizeBytes(placed.record)
    const last = open.get(key) ?? { request: 0, bytes: 0, count: 0 }
    const isFull = last.count > 0 && (last.bytes + bytes > MAX_PARTITION_BYTES || last.count >= MAX_PARTITION_RECORDS)
    const next = isFull
      ? { request: last.request + 1, bytes, count: 1 }
      : { ...last, bytes: last.bytes + bytes, count: last.count + 1 }
    open.set(key, next)
    const request = requests[next.request]
    if (request) request.push(placed)
    else requests[next.request] = [placed]
  }
  return requests
}

/** Returns the name of a topic in Kafka. */
type NameOf = (topic: Topic) => string

/**
 * Returns the partitions of a request that the response does not confirm.
 * kafkajs may resolve a send although it dropped messages: those for a partition that it does not know, or, when it
 * retries, those for a partition whose leader moved to a broker that had already responded.
 */
export function unconfirmedPartitions(
  request: readonly PartitionedRecord[],
  response: readonly RecordMetadata[],
  nameOf: NameOf
): TopicPartition[] {
  const addressed = new Map(
    request.map(({ record: { topic }, partition }) => [keyOf(topic, partition), { topic, partition }])
  )
  return [...addressed.values()].filter(({ topic, partition }) => {
    const entries = response.filter(entry => entry.topicName === nameOf(topic) && entry.partition === partition)
    return entries.length === 0 || entries.some(entry => entry.errorCode !== 0)
  })
}

function keyOf(topic: Topic, partition: number): string {
  return `${topic}/${partition}`
}

export function toMessage({ key, value, headers }: LogRecord, partition: number): Message {
  return { key, value, headers, partition }
}

/** Accepts records of any producer: keys and values may be missing, headers may be bytes or repeated. */
export function fromMessage(
  { topic, partition }: TopicPartition,
  { offset, key, value, headers }: KafkaMessage
): StoredRecord {
  return {
    topic,
    partition,
    offset: BigInt(offset),
    key: key?.toString() ?? null,
    value,
    headers: headersOf(headers ?? {})
  }
}

/** An upper estimate of the size of a record in an uncompressed request. */
export function sizeBytes({ key, value, headers }: LogRecord): number {
  let bytes = Buffer.byteLength(key) + value.byteLength + 40
  for (const name in headers) bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '') + 10
  return bytes
}

export function kafkaTopic(prefix: string, topic: Topic): string {
  return `${prefix}.${topic}`
}

/** Returns the topic of the log, or `null` for a topic that does not belong to it. */
export function logTopic(prefix: string, name: string): Topic | null {
  const rest = name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : ''
  return isTopic(rest) ? rest : null
}

/** The last value of a repeated header wins, as with Java's `lastHeader`. */
function headersOf(headers: IHeaders): Record<string, string> {
  const last = Object.entries(headers).map(
    ([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value] as const
  )
  return Object.fromEntries(
    last.flatMap(([name, value]) => (value === undefined || value === null ? [] : [[name, value.toString()]]))
  )
}
