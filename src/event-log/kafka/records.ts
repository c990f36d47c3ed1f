import type { IHeaders, KafkaMessage, Message } from 'kafkajs'
import { isTopic, type Topic } from '../../events/topics.js'
import type { LogRecord, StoredRecord, TopicPartition } from '../port.js'

export function toMessage ({ key, value, headers }: LogRecord, partition: number): Message {
  return { key, value, headers, partition }
}

/** What anybody may have produced: keys and values may be missing, headers may be bytes or repeated. */
export function fromMessage ({ topic, partition }: TopicPartition, { offset, key, value, headers }: KafkaMessage): StoredRecord {
  return { topic, partition, offset: BigInt(offset), key: key?.toString() ?? null, value, headers: headersOf(headers ?? {}) }
}

/** About what the record takes in a request, without compression; never less. */
export function sizeBytes ({ key, value, headers }: LogRecord): number {
  let bytes = Buffer.byteLength(key) + value.byteLength + 40
  for (const name in headers) bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '') + 10
  return bytes
}

export function kafkaTopic (prefix: string, topic: Topic): string {
  return `${prefix}.${topic}`
}

/** The topic within the log, or null when it is not one of ours. */
export function logTopic (prefix: string, name: string): Topic | null {
  const rest = name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : ''
  return isTopic(rest) ? rest : null
}

/** Of a repeated header the last one counts, as in Java's `lastHeader`. */
function headersOf (headers: IHeaders): Record<string, string> {
  const last = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value] as const)
  return Object.fromEntries(last.flatMap(([name, value]) => value === undefined || value === null ? [] : [[name, value.toString()]]))
}
