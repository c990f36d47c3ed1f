import type { LogFile } from './files.js'
import { type GroupHeader, HEADER_BYTES, MAGIC, readFrames, readGroupHeader } from './group.js'

/** Where a group begins: the byte of the segment, and the offset of its first record. */
export interface Place {
  position: number
  offset: number
}

export interface Group extends Place {
  /** The position after it. */
  end: number
  /** Null for a record that is lost. */
  payloads: (Buffer | null)[]
}

/** Records that were synced and can no longer be read. */
export interface Loss {
  fromByte: number
  toByte: number
  firstOffset: number
  /** One past the last one lost. Between the two a few may have been saved. */
  endOffset: number
}

export interface Reading {
  groups: Group[]
  loss: Loss | null
  /** Where to read on; unmoved when there is nothing, or only bytes that nothing vouches for. */
  next: Place
}

export interface Extent {
  /** Bytes of the segment that may be read. */
  size: number
  /** The offset at which the next segment begins; null for the last one. */
  sealedAt: number | null
}

/** What is read at once, unless one group is larger: the memory of a reader. */
const WINDOW_BYTES = 1024 * 1024

/**
 * Reads some groups from a place on.
 * A bad group is damage when its segment is sealed or a good header follows, for then it had been synced;
 * otherwise it is a tail that was torn, or is being written, and nothing is read.
 */
export async function readGroups(file: LogFile, place: Place, extent: Extent): Promise<Reading> {
  const bytes = await readWindow(file, place, extent.size)
  const groups = goodGroups(bytes, place)
  if (groups.length > 0 || place.position >= extent.size) return whole(groups, place)
  const own = headerOf(bytes, 0, place)
  const following = await findHeader(file, own ? after(groupAt(bytes, 0, place, own)) : place, extent.size)
  if (following === null && extent.sealedAt === null) return whole([], place)
  // Another process may have been writing this group while it was read. Now that more follows it is complete: look
  // again.
  const settled = await readWindow(file, place, extent.size)
  const again = goodGroups(settled, place)
  return again.length > 0 ? whole(again, place) : damaged(settled, place, extent, following)
}

function whole(groups: Group[], place: Place): Reading {
  const last = groups.at(-1)
  return { groups, loss: null, next: last ? after(last) : place }
}

/** Saves what it can: with its header, a group keeps the records whose frames are good. */
function damaged(bytes: Buffer, place: Place, extent: Extent, following: Place | null): Reading {
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
  const next = isCut ? end : after(group)
  const firstOffset = place.offset + group.payloads.indexOf(null)
  const endOffset = isCut ? end.offset : place.offset + group.payloads.lastIndexOf(null) + 1
  return { groups: [group], loss: { fromByte: place.position, toByte: next.position, firstOffset, endOffset }, next }
}

function goodGroups(bytes: Buffer, place: Place): Group[] {
  const groups: Group[] = []
  let here = place
  for (;;) {
    const at = here.position - place.position
    const header = headerOf(bytes, at, here)
    if (!header || at + HEADER_BYTES + header.byteLength > bytes.length) return groups
    const group = groupAt(bytes, at, here, header)
    if (group.payloads.includes(null)) return groups
    groups.push(group)
    here = after(group)
  }
}

/** A header that leaves out offsets is passed over here: the gap is damage. */
function headerOf(bytes: Buffer, at: number, place: Place): GroupHeader | null {
  const header = readGroupHeader(bytes, at, place)
  return header?.firstOffset === place.offset ? header : null
}

function groupAt(bytes: Buffer, at: number, { position, offset }: Place, header: GroupHeader): Group {
  const start = at + HEADER_BYTES
  const payloads = readFrames(bytes.subarray(start, start + header.byteLength), header.count)
  return { position, offset, end: position + HEADER_BYTES + header.byteLength, payloads }
}

function after(group: Group): Place {
  return { position: group.end, offset: group.offset + group.payloads.length }
}

async function readWindow(file: LogFile, place: Place, size: number): Promise<Buffer> {
  const bytes = await readBytes(file, place.position, Math.min(WINDOW_BYTES, size - place.position))
  const header = readGroupHeader(bytes, 0, place)
  const wanted = Math.min(HEADER_BYTES + (header?.byteLength ?? 0), size - place.position)
  return wanted > bytes.length ? await readBytes(file, place.position, wanted) : bytes
}

/** Fewer bytes than asked for only at the end of the file. */
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

/** The first good header at or after a place. */
async function findHeader(file: LogFile, from: Place, size: number): Promise<Place | null> {
  for (let start = from.position; start < size; start += WINDOW_BYTES) {
    // overlapping, so that no header is cut in two
    const bytes = await readBytes(file, start, Math.min(WINDOW_BYTES + HEADER_BYTES - 1, size - start))
    for (let at = bytes.indexOf(MAGIC); at !== -1; at = bytes.indexOf(MAGIC, at + 1)) {
      const header = readGroupHeader(bytes, at, { position: start + at, offset: from.offset })
      if (header) return { position: start + at, offset: header.firstOffset }
    }
  }
  return null
}
