import type { LogRecord } from '../port.js'
import { FRAME_HEAD_BYTES, HEADER_BYTES, sealFrame } from './group.js'
import { headersText, roomFor, writeRecord } from './record.js'

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

export function createGroupBuffer (): GroupBuffer {
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

/** What the record takes while it waits. Headers are few and short; their text is made only once, when it is written. */
export function sizeOf (record: LogRecord): number {
  return record.key.length + record.value.length + FRAME_HEAD_BYTES
}
