import type { IHeaders, KafkaMessage, Message, RecordMetadata } from 'kafkajs'
import { isTopic, type Topic } from '../../events/topics.js'
import type { LogRecord, StoredRecord, TopicPartition } from '../port.js'

/** A record with the partition that its key belongs to. */
export interface PlacedRecord {
  record: LogRecord
  partition: number
}

/**
 * Half of the broker's usual limit of 1 MiB, which is for all that one request has for a partition, not for one record.
 */
export const MAX_PARTITION_BYTES = 512 * 1024
/** kafkajs copies a partition's list for each record that it adds, so the work grows with the square of this. */
export const MAX_PARTITION_RECORDS = 1_000

/**
 * Cuts records into requests that are to be sent one after the other; the order within a partition stays.
 * A single record above the limit is alone in its partition, for the topic's own limit to judge.
 */
export function cutRequests(records: readonly PlacedRecord[]): PlacedRecord[][] {
  const requests: PlacedRecord[][] = []
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

/** Kafka's name of a topic. */
type NameOf = (topic: Topic) => string

/**
 * The partitions that a request was meant for and the answer does not confirm.
 * kafkajs resolves a send whose messages it dropped: to a partition that it does not know, or, retrying, to one whose
 * leader moved to a broker that had already answered.
 */
export function unconfirmed(
  request: readonly PlacedRecord[],
  answer: readonly RecordMetadata[],
  nameOf: NameOf
): TopicPartition[] {
  const addressed = new Map(
    request.map(({ record: { topic }, partition }) => [keyOf(topic, partition), { topic, partition }])
  )
  return [...addressed.values()].filter(({ topic, partition }) => {
    const entries = answer.filter(entry => entry.topicName === nameOf(topic) && entry.partition === partition)
    return entries.length === 0 || entries.some(entry => entry.errorCode !== 0)
  })
}

function keyOf(topic: Topic, partition: number): string {
  return `${topic}/${partition}`
}

export function toMessage({ key, value, headers }: LogRecord, partition: number): Message {
  return { key, value, headers, partition }
}

/** What anybody may have produced: keys and values may be missing, headers may be bytes or repeated. */
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

/** About what the record takes in a request, without compression; never less. */
export function sizeBytes({ key, value, headers }: LogRecord): number {
  let bytes = Buffer.byteLength(key) + value.byteLength + 40
  for (const name in headers) bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '') + 10
  return bytes
}

export function kafkaTopic(prefix: string, topic: Topic): string {
  return `${prefix}.${topic}`
}

/** The topic within the log, or null when it is not one of ours. */
export function logTopic(prefix: string, name: string): Topic | null {
  const rest = name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : ''
  return isTopic(rest) ? rest : null
}

/** Of a repeated header the last one counts, as in Java's `lastHeader`. */
function headersOf(headers: IHeaders): Record<string, string> {
  const last = Object.entries(headers).map(
    ([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value] as const
  )
  return Object.fromEntries(
    last.flatMap(([name, value]) => (value === undefined || value === null ? [] : [[name, value.toString()]]))
  )
}
