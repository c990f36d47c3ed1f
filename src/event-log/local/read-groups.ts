import type { LogDamage } from '../port.js'
import type { LogFile } from './files.js'
import { type GroupHeader, HEADER_BYTES, MAGIC, readFrames, readGroupHeader } from './group.js'
import { appendedAtOf } from './record.js'

/** Where a group begins: its byte position in the segment and the offset of its first record. */
export interface LogPosition {
  position: number
  offset: number
}

export interface Group extends LogPosition {
  /** The position after it. */
  end: number
  /** `null` for a lost record. */
  payloads: (Buffer | null)[]
}

/** Records that are no longer readable. */
export interface DataLoss extends LogDamage {
  fromByte: number
  toByte: number
  /** True when they are known to have been synced, so that they may have been acknowledged. Otherwise it is unknown. */
  isSynced: boolean
}

export interface ReadResult {
  groups: Group[]
  loss: DataLoss | null
  /** Where to continue; unchanged when there are no bytes, or only bytes that are not known to be synced. */
  next: LogPosition
}

export interface Extent {
  /** The readable bytes of the segment. */
  size: number
  /** The offset at which the next segment begins; `null` for the last segment. */
  sealedAt: number | null
  /** When the record before the position was appended; `null` when it is unknown. */
  lastAppendedAt?: number | null
}

/** Bytes per read, unless one group is larger: the memory of a reader. */
const WINDOW_BYTES = 1024 * 1024

/**
 * Reads groups from a position on.
 * A bad group is damage when its segment is sealed or a valid header follows, because it had been synced then.
 * Otherwise it is a torn tail, or is being written, and nothing is read.
 */
export async function readGroups(file: LogFile, place: LogPosition, extent: Extent): Promise<ReadResult> {
  const bytes = await readWindow(file, place, extent.size)
  const groups = intactGroups(bytes, place)
  if (groups.length > 0 || place.position >= extent.size) return intact(groups, place)
  const own = headerOf(bytes, 0, place)
  const following = await findHeader(file, own ? endOfGroup(groupAt(bytes, 0, place, own)) : place, extent.size)
  if (following === null && extent.sealedAt === null) return intact([], place)
  // Another process may have been writing this group during the read. It is complete now that another one follows.
  const settled = await readWindow(file, place, extent.size)
  const again = intactGroups(settled, place)
  if (again.length > 0) return intact(again, place)
  const damaged = damagedResult(settled, place, extent, following)
  if (damaged.loss.lostBefore !== null || damaged.next.position >= extent.size) return damaged
  const after = intactGroups(await readWindow(file, damaged.next, extent.size), damaged.next)
  return { ...damaged, loss: { ...damaged.loss, lostBefore: firstAppendedAt(after) } }
}

/** When the first record of the groups was appended, or `null` when there is none. */
function firstAppendedAt(groups: readonly Group[]): number | null {
  const payload = groups.flatMap(({ payloads }) => payloads).find(payload => payload !== null)
  return payload ? appendedAtOf(payload) : null
}

/** When the last record of the groups was appended, or `null` when there is none. */
export function lastAppendedAt(groups: readonly Group[]): number | null {
  const payload = groups.flatMap(({ payloads }) => payloads).findLast(payload => payload !== null)
  return payload ? appendedAtOf(payload) : null
}

function intact(groups: Group[], place: LogPosition): ReadResult {
  const last = groups.at(-1)
  return { groups, loss: null, next: last ? endOfGroup(last) : place }
}

/** Recovers what is readable: a group with a valid header keeps the records whose frames are valid. */
function damagedResult(
  bytes: Buffer,
  place: LogPosition,
  extent: Extent,
  following: LogPosition | null
): ReadResult & { loss: DataLoss } {
  const lostAfter = extent.lastAppendedAt ?? null
  const end = { position: extent.size, offset: extent.sealedAt ?? place.offset }
  const header = headerOf(bytes, 0, place)
  if (!header) {
    const next = following ?? end
    const range = { fromByte: place.position, toByte: next.position, firstOffset: place.offset, endOffset: next.offset }
    const records = next.offset - place.offset
    return { groups: [], loss: { ...range, records, lostAfter, lostBefore: null, isSynced: true }, next }
  }
  const group = groupAt(bytes, 0, place, header)
  const isCut = group.end > extent.size
  const next = isCut ? end : endOfGroup(group)
  const loss = lossOf(group, lostAfter)
  const beyond = isCut ? end.offset - endOfGroup(group).offset : 0
  if (beyond > 0) Object.assign(loss, { endOffset: end.offset, records: (loss.records ?? 0) + beyond })
  return { groups: [group], loss: { ...loss, toByte: next.position, isSynced: true }, next }
}

/** The loss of a group with a valid header, of which some records are not readable. */
export function lossOf(group: Group, lostAfter: number | null): DataLoss {
  const { payloads } = group
  const [first, last] = [payloads.indexOf(null), payloads.lastIndexOf(null)]
  const intact = (from: number, to?: number) => [{ ...group, payloads: payloads.slice(from, to) }]
  return {
    fromByte: group.position,
    toByte: group.end,
    firstOffset: group.offset + first,
    endOffset: group.offset + last + 1,
    records: payloads.filter(payload => payload === null).length,
    lostAfter: lastAppendedAt(intact(0, first)) ?? lostAfter,
    lostBefore: firstAppendedAt(intact(last + 1)),
    isSynced: false
  }
}

/**
 * What lies at a position from which on no group can be read, and after which no valid header follows.
 *
 * nothing     the position is the end of the file
 * unfinished  the file ends within a group, so that it was never synced, nor acknowledged
 * damaged     the group is complete, but some of its records are not readable
 * unreadable  there is no valid header
 */
export type Tail =
  | { name: 'nothing' }
  | { name: 'unfinished' }
  | { name: 'damaged'; group: Group }
  | { name: 'unreadable' }

export async function readTail(file: LogFile, place: LogPosition, size: number): Promise<Tail> {
  const length = size - place.position
  if (length <= 0) return { name: 'nothing' }
  if (length < HEADER_BYTES) return { name: 'unfinished' }
  const bytes = await readWindow(file, place, size)
  const header = headerOf(bytes, 0, place)
  if (!header) return { name: 'unreadable' }
  const group = groupAt(bytes, 0, place, header)
  return group.end > size ? { name: 'unfinished' } : { name: 'damaged', group }
}

function intactGroups(bytes: Buffer, place: LogPosition): Group[] {
  const groups: Group[] = []
  let here = place
  for (;;) {
    const at = here.position - place.position
    const header = headerOf(bytes, at, here)
    if (!header || at + HEADER_BYTES + header.byteLength > bytes.length) return groups
    const group = groupAt(bytes, at, here, header)
    if (group.payloads.includes(null)) return groups
    groups.push(group)
    here = endOfGroup(group)
  }
}

/** Ignores a header that skips offsets: the gap is damage. */
function headerOf(bytes: Buffer, at: number, place: LogPosition): GroupHeader | null {
  const header = readGroupHeader(bytes, at, place)
  return header?.firstOffset === place.offset ? header : null
}

function groupAt(bytes: Buffer, at: number, { position, offset }: LogPosition, header: GroupHeader): Group {
  const start = at + HEADER_BYTES
  const payloads = readFrames(bytes.subarray(start, start + header.byteLength), header.count)
  return { position, offset, end: position + HEADER_BYTES + header.byteLength, payloads }
}

export function endOfGroup(group: Group): LogPosition {
  return { position: group.end, offset: group.offset + group.payloads.length }
}

async function readWindow(file: LogFile, place: LogPosition, size: number): Promise<Buffer> {
  const bytes = await readBytes(file, place.position, Math.min(WINDOW_BYTES, size - place.position))
  const header = readGroupHeader(bytes, 0, place)
  const wanted = Math.min(HEADER_BYTES + (header?.byteLength ?? 0), size - place.position)
  return wanted > bytes.length ? await readBytes(file, place.position, wanted) : bytes
}

/** Returns fewer bytes than requested only at the end of the file. */
async function readBytes(file: LogFile, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, length))
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

/** Finds the first valid header at or after a position. */
async function findHeader(file: LogFile, from: LogPosition, size: number): Promise<LogPosition | null> {
  for (let start = from.position; start < size; start += WINDOW_BYTES) {
    // Windows overlap, so that no header is split between two.
    const bytes = await readBytes(file, start, Math.min(WINDOW_BYTES + HEADER_BYTES - 1, size - start))
    for (let at = bytes.indexOf(MAGIC); at !== -1; at = bytes.indexOf(MAGIC, at + 1)) {
      const header = readGroupHeader(bytes, at, { position: start + at, offset: from.offset })
      if (header) return { position: start + at, offset: header.firstOffset }
    }
  }
  return null
}
