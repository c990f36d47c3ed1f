import { isTopic } from '../../events/topics.js'
import type { LogRecord, StoredRecord } from '../port.js'

// The payload of a record: append time (f64, ms), the lengths of topic (u8), key (u32) and headers (u32), then topic,
// key, headers as text (empty when there are none) and the value up to the end. The format is binary because it is
// written for each record of the hot path: a JSON object with a base64 value would cost several times the fdatasync
// that the record shares.

const HEAD_BYTES = 17
const END = '\u0000'
const MAX_UTF8_BYTES = 3 // per UTF-16 code unit

/** An upper bound of the encoded size, computed without reading the strings. */
export function maxEncodedBytes(record: LogRecord, headers: string): number {
  return HEAD_BYTES + (record.topic.length + record.key.length + headers.length) * MAX_UTF8_BYTES + record.value.length
}

/**
 * Encodes headers as names and values, each terminated by U+0000; as JSON, ten times slower, when one contains U+0000.
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
 * Writes the record at `at` and returns its end position.
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

/** When the record of the payload was appended, in ms since 1970. */
export function appendedAtOf(payload: Buffer): number {
  return payload.readDoubleLE(0)
}

/** Decodes a record, or returns `null` when its topic no longer exists. The value shares the memory of the payload. */
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
  // Written by headersText and protected by a checksum.
  if (text.startsWith('{')) return JSON.parse(text) as Record<string, string>
  const parts = text.split(END)
  const headers: Record<string, string> = {}
  for (let i = 0; i + 1 < parts.length; i += 2) headers[parts[i] ?? ''] = parts[i + 1] ?? ''
  return headers
}
