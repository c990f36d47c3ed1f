import { isTopic } from '../../events/topics.js'
import type { LogRecord, StoredRecord } from '../port.js'

// A record's payload: append time (f64, ms), lengths of topic (u8), key (u32) and headers (u32), then topic, key,
// headers
// as text (nothing when there are none) and, to the end, the value. Binary, since this is written for each record of
// the
// hot path: as one JSON object with a base64 value it would cost several times the fdatasync it shares.

const HEAD_BYTES = 17
const END = '\u0000'
const UTF8_BYTES = 3 // at most, for each UTF-16 unit

/** Room that surely takes the record, without walking its strings. */
export function roomFor(record: LogRecord, headers: string): number {
  return HEAD_BYTES + (record.topic.length + record.key.length + headers.length) * UTF8_BYTES + record.value.length
}

/**
 * The headers as they are stored: names and values, each ended by U+0000; as JSON, which costs ten times as much, when
 * one holds that.
 */
export function headersText(headers: Record<string, string>): string {
  let text = ''
  for (const name in headers) {
    const value = headers[name] ?? ''
    if (name === '' || name.startsWith('{') || name.includes(END) || value.includes(END)) return JSON.stringify(headers)
    text += name + END + value + END
  }
  return text
}

/**
 * Writes the record at `at` and returns where it ends.
 * @param head.headers     from `headersText`
 * @param head.appendedAt  ms since 1970
 */
export function writeRecord(
  buffer: Buffer,
  at: number,
  record: LogRecord,
  head: { headers: string; appendedAt: number }
): number {
  const topicAt = at + HEAD_BYTES
  const keyAt = topicAt + buffer.write(record.topic, topicAt)
  const headersAt = keyAt + buffer.write(record.key, keyAt)
  const valueAt = headersAt + (head.headers === '' ? 0 : buffer.write(head.headers, headersAt))
  buffer.writeDoubleLE(head.appendedAt, at)
  buffer.writeUInt8(keyAt - topicAt, at + 8)
  buffer.writeUInt32LE(headersAt - keyAt, at + 9)
  buffer.writeUInt32LE(valueAt - headersAt, at + 13)
  return valueAt + record.value.copy(buffer, valueAt)
}

/**
 * The record as the port gives it, or null when its topic is none of ours any more. The value shares the payload's
 * memory.
 */
export function readRecord(payload: Buffer, offset: number): StoredRecord | null {
  const keyAt = HEAD_BYTES + payload.readUInt8(8)
  const headersAt = keyAt + payload.readUInt32LE(9)
  const valueAt = headersAt + payload.readUInt32LE(13)
  const topic = payload.toString('utf8', HEAD_BYTES, keyAt)
  if (!isTopic(topic)) return null
  return {
    topic,
    partition: 0,
    offset: BigInt(offset),
    key: payload.toString('utf8', keyAt, headersAt),
    headers: parseHeaders(payload.toString('utf8', headersAt, valueAt)),
    value: payload.subarray(valueAt)
  }
}

function parseHeaders(text: string): Record<string, string> {
  // written by headersText, under a checksum
  if (text.startsWith('{')) return JSON.parse(text) as Record<string, string>
  const parts = text.split(END)
  const headers: Record<string, string> = {}
  for (let i = 0; i + 1 < parts.length; i += 2) headers[parts[i] ?? ''] = parts[i + 1] ?? ''
  return headers
}
