import type { LogFile } from './files.js'
import { type GroupHeader, HEADER_BYTES, MAGIC, readFrames, readGroupHeader } from './group.js'

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

/** Records that were synced and are no longer readable. */
export interface DataLoss {
  fromByte: number
  toByte: number
  firstOffset: number
  /** One past the last lost record. Some records in between may be intact. */
  endOffset: number
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
  return again.length > 0 ? intact(again, place) : damagedResult(settled, place, extent, following)
}

function intact(groups: Group[], place: LogPosition): ReadResult {
  const last = groups.at(-1)
  return { groups, loss: null, next: last ? endOfGroup(last) : place }
}

/** Recovers what is readable: a group with a valid header keeps the records whose frames are valid. */
function damagedResult(bytes: Buffer, place: LogPosition, extent: Extent, following: LogPosition | null): ReadResult {
  const end = { position: extent.size, offset: extent.sealedAt ?? place.offset }
  const header = headerOf(bytes, 0, place)
  if (!header) {
    const next = following ?? end
    return {
      groups: [],
      loss: { fromByte: place.position, toByte: next.position, firstOffset: place.offset, endOffset: next.offset },
      next
    }
  }
  const group = groupAt(bytes, 0, place, header)
  const isCut = group.end > extent.size
  const next = isCut ? end : endOfGroup(group)
  const firstOffset = place.offset + group.payloads.indexOf(null)
  const endOffset = isCut ? end.offset : place.offset + group.payloads.lastIndexOf(null) + 1
  return { groups: [group], loss: { fromByte: place.position, toByte: next.position, firstOffset, endOffset }, next }
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

function endOfGroup(group: Group): LogPosition {
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
