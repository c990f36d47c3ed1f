import { crc32 } from 'node:zlib'
import type { LogRecord } from '../port.js'
import { headersText, maxEncodedBytes, writeRecord } from './record.js'

// A group is the content of one write, made durable by one fdatasync:
//   header  magic u32, crc32 u32 of the rest, record count u32, bytes of frames u32, first offset u64, synced u64
//   frames  [length u32][crc32 u32][payload], one for each record
// `synced` is the length of the segment that was durable before this group. A group is written only after the previous
// one is synced, so `synced` is also the position of the header: a header at any other position is part of a payload.

export const HEADER_BYTES = 32
const FRAME_HEAD_BYTES = 8
export const MAGIC = Buffer.from('MCG1')

export interface GroupHeader {
  count: number
  /** Size of the frames, without the header. */
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
 * Returns the header at `at`, or `null` when there is no valid one.
 * @param place.position  the position of `at` in the segment
 * @param place.offset    the smallest offset that the first record may have
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

/** Writes the frame head in front of a payload that is in the buffer already. */
function sealFrame(buffer: Buffer, payloadAt: number, end: number): void {
  buffer.writeUInt32LE(end - payloadAt, payloadAt - FRAME_HEAD_BYTES)
  buffer.writeUInt32LE(crc32(buffer.subarray(payloadAt, end)), payloadAt - FRAME_HEAD_BYTES + 4)
}

/**
 * Returns the payloads of a group, `null` for each lost one.
 * Frames after a bad one count only when all lengths add up to the size of the group: a length may be the bad part.
 */
export function readFrames(bytes: Buffer, count: number): (Buffer | null)[] {
  const payloads: (Buffer | null)[] = []
  let at = 0
  while (payloads.length < count && at + FRAME_HEAD_BYTES <= bytes.length) {
    const start = at + FRAME_HEAD_BYTES
    const end = start + bytes.readUInt32LE(at)
    if (end > bytes.length) break
    const payload = bytes.subarray(start, end)
    // Zeros, as a power failure may leave them, would be valid empty frames: the checksum of nothing is 0.
    payloads.push(payload.length > 0 && crc32(payload) === bytes.readUInt32LE(at + 4) ? payload : null)
    at = end
  }
  if (payloads.length === count && at === bytes.length) return payloads
  const bad = payloads.indexOf(null)
  const good = bad === -1 ? payloads.length : bad
  return Array.from({ length: count }, (_, i) => (i < good ? (payloads[i] ?? null) : null))
}

/** Limits the memory of one group. A webhook has at most 256 KiB. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

const MAX_RECORDS = 2_000
const GROUP_BYTES = 4 * 1024 * 1024

/** The bytes of one group. The memory is reused: a group is on disk before the next one is filled. */
export interface GroupBuffer {
  /** Returns false when the group is full and the record belongs to the next one. */
  add: (record: LogRecord, appendedAt: number) => boolean
  count: () => number
  /** Space for the header, followed by the frames. */
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
      const needed = end + FRAME_HEAD_BYTES + maxEncodedBytes(record, headers)
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
 * The memory of a waiting record. Headers are few and short; they are encoded only once, when the record is written.
 */
export function sizeOf(record: LogRecord): number {
  return record.key.length + record.value.length + FRAME_HEAD_BYTES
}
