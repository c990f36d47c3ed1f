import { crc32 } from 'node:zlib'
import type { LogRecord } from '../port.js'
import { headersText, roomFor, writeRecord } from './record.js'

// What one write holds, and one fdatasync makes durable:
//   header  magic u32, crc32 u32 of the rest, record count u32, bytes of frames u32, first offset u64, synced u64
//   frames  [length u32][crc32 u32][payload], one for each record
// `synced` is the length of this segment that was known to be on the disk before. A group is written only once the one
// before it is synced, so it is also where the header lies: a header anywhere else is no header but somebody's payload.

export const HEADER_BYTES = 32
export const FRAME_HEAD_BYTES = 8
export const MAGIC = Buffer.from('MCG1')

export interface GroupHeader {
  count: number
  /** Of the frames, without the header. */
  byteLength: number
  firstOffset: number
}

/** Writes the header at the start of the buffer. */
export function writeGroupHeader(buffer: Buffer, header: GroupHeader, synced: number): void {
  MAGIC.copy(buffer, 0)
  buffer.writeUInt32LE(header.count, 8)
  buffer.writeUInt32LE(header.byteLength, 12)
  buffer.writeBigUInt64LE(BigInt(header.firstOffset), 16)
  buffer.writeBigUInt64LE(BigInt(synced), 24)
  buffer.writeUInt32LE(crc32(buffer.subarray(8, HEADER_BYTES)), 4)
}

/**
 * The header at `at`, or null when there is none that can be trusted.
 * @param place.position  where in the segment `at` is
 * @param place.offset    the least that its first offset may be
 */
export function readGroupHeader(
  buffer: Buffer,
  at: number,
  place: { position: number; offset: number }
): GroupHeader | null {
  if (at + HEADER_BYTES > buffer.length || MAGIC.compare(buffer, at, at + MAGIC.length) !== 0) return null
  if (crc32(buffer.subarray(at + 8, at + HEADER_BYTES)) !== buffer.readUInt32LE(at + 4)) return null
  const firstOffset = Number(buffer.readBigUInt64LE(at + 16))
  if (Number(buffer.readBigUInt64LE(at + 24)) !== place.position || firstOffset < place.offset) return null
  return { count: buffer.readUInt32LE(at + 8), byteLength: buffer.readUInt32LE(at + 12), firstOffset }
}

/** Puts the frame's head before a payload that lies in the buffer already. */
export function sealFrame(buffer: Buffer, payloadAt: number, end: number): void {
  buffer.writeUInt32LE(end - payloadAt, payloadAt - FRAME_HEAD_BYTES)
  buffer.writeUInt32LE(crc32(buffer.subarray(payloadAt, end)), payloadAt - FRAME_HEAD_BYTES + 4)
}

/**
 * The payloads of a group, null for each that is lost.
 * What follows a bad frame is believed only when all lengths add up to the group, for one of them may be what is bad.
 */
export function readFrames(bytes: Buffer, count: number): (Buffer | null)[] {
  const payloads: (Buffer | null)[] = []
  let at = 0
  while (payloads.length < count && at + FRAME_HEAD_BYTES <= bytes.length) {
    const start = at + FRAME_HEAD_BYTES
    const end = start + bytes.readUInt32LE(at)
    if (end > bytes.length) break
    const payload = bytes.subarray(start, end)
    // Zeros, which a power cut leaves, would be good frames of no bytes: the checksum of nothing is 0.
    payloads.push(payload.length > 0 && crc32(payload) === bytes.readUInt32LE(at + 4) ? payload : null)
    at = end
  }
  if (payloads.length === count && at === bytes.length) return payloads
  const bad = payloads.indexOf(null)
  const good = bad === -1 ? payloads.length : bad
  return Array.from({ length: count }, (_, i) => (i < good ? (payloads[i] ?? null) : null))
}

/** A webhook is at most 256 KiB; this is only what one group may hold in memory. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

const MAX_RECORDS = 2_000
const GROUP_BYTES = 4 * 1024 * 1024

/** One group as it is written. Its memory is used again: a group is on the disk before the next one is filled. */
export interface GroupBuffer {
  /** False when the group is full and the record belongs to the next one. */
  add: (record: LogRecord, appendedAt: number) => boolean
  count: () => number
  /** Room for the header, then the frames. */
  bytes: () => Buffer
  clear: () => void
}

export function createGroupBuffer(): GroupBuffer {
  let buffer = Buffer.allocUnsafeSlow(GROUP_BYTES)
  let end = HEADER_BYTES
  let count = 0
  return {
    add: (record, appendedAt) => {
      const headers = headersText(record.headers)
      const needed = end + FRAME_HEAD_BYTES + roomFor(record, headers)
      if (count > 0 && (count === MAX_RECORDS || needed > GROUP_BYTES)) return false
      if (needed > buffer.length) buffer = Buffer.allocUnsafeSlow(needed)
      const payloadAt = end + FRAME_HEAD_BYTES
      end = writeRecord(buffer, payloadAt, record, { headers, appendedAt })
      sealFrame(buffer, payloadAt, end)
      count++
      return true
    },
    count: () => count,
    bytes: () => buffer.subarray(0, end),
    clear: () => {
      end = HEADER_BYTES
      count = 0
      if (buffer.length > GROUP_BYTES) buffer = Buffer.allocUnsafeSlow(GROUP_BYTES)
    }
  }
}

/**
 * What the record takes while it waits. Headers are few and short; their text is made only once, when it is written.
 */
export function sizeOf(record: LogRecord): number {
  return record.key.length + record.value.length + FRAME_HEAD_BYTES
}
