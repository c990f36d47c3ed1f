import type { StoredRecord } from '../port.js'
import type { LogFile } from './files.js'
import { type Group, lastAppendedAt, readGroups } from './read-groups.js'
import { readRecord } from './record.js'
import { positionBefore, recordPosition, type Segment, type SegmentSource, segmentOf } from './segments.js'

/** Reads the log forward, a window at a time. */
export interface Cursor {
  /** Returns the next records; empty at the end of the log. After a rejection the next call reads the same records. */
  next: () => Promise<StoredRecord[]>
  close: () => Promise<void>
}

interface Position {
  /** Records below this offset are skipped. */
  from: number
  offset: number
  position: number
  open: { segment: Segment; file: LogFile } | null
  /** When the last record that was read was appended; `null` when none was read. */
  lastAppendedAt: number | null
}

/** Starts at the first existing record at or above the offset. */
export function createCursor(source: SegmentSource, from: number): Cursor {
  const at: Position = { from, offset: from, position: 0, open: null, lastAppendedAt: null }
  return {
    next: () => readNext(source, at),
    close: () => leave(at)
  }
}

async function readNext(source: SegmentSource, at: Position): Promise<StoredRecord[]> {
  for (;;) {
    const open = at.open ?? (await enter(source, at))
    if (!open) return []
    const { segment, file } = open
    if (at.position > segment.size) {
      // The writer truncated a group that could not be synced.
      await leave(at)
      continue
    }
    const successor = source.segments[source.segments.indexOf(segment) + 1]
    const { groups, loss, next } = await readGroups(file, at, {
      size: segment.size,
      sealedAt: successor?.base ?? null,
      lastAppendedAt: at.lastAppendedAt
    })
    if (loss) source.report(segment, loss)
    for (const group of groups) recordPosition(segment, group)
    at.lastAppendedAt = lastAppendedAt(groups) ?? at.lastAppendedAt
    const records = recordsOf(groups, at.from)
    at.position = next.position
    at.offset = next.offset
    at.from = Math.max(at.from, at.offset)
    if (records.length > 0) return records
    if (groups.length > 0 || loss) continue
    if (!successor) return []
    await moveOn(source, at, successor)
  }
}

async function enter(source: SegmentSource, at: Position): Promise<Position['open']> {
  const segment = segmentOf(source.segments, at.offset)
  if (!segment) return null
  at.open = { segment, file: await source.files.open(segment.path, 'r') }
  Object.assign(at, positionBefore(segment, at.offset))
  return at.open
}

/** Reports the lost end of a sealed segment that ends before the next one begins. */
async function moveOn(source: SegmentSource, at: Position, successor: Segment): Promise<void> {
  if (at.open && at.offset < successor.base) {
    source.report(at.open.segment, {
      fromByte: at.position,
      toByte: at.position,
      firstOffset: at.offset,
      endOffset: successor.base,
      records: successor.base - at.offset,
      lostAfter: at.lastAppendedAt,
      lostBefore: null,
      isSynced: true
    })
  }
  await leave(at)
  at.offset = successor.base
}

async function leave(at: Position): Promise<void> {
  const open = at.open
  at.open = null
  await open?.file.close()
}

function recordsOf(groups: Group[], from: number): StoredRecord[] {
  const records: StoredRecord[] = []
  for (const { offset, payloads } of groups) {
    for (const [i, payload] of payloads.entries()) {
      if (payload === null || offset + i < from) continue
      const record = readRecord(payload, offset + i)
      if (record) records.push(record)
    }
  }
  return records
}
