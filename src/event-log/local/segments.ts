import fs from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { type Files, PRIVATE } from './files.js'
import type { Loss, Place } from './read-groups.js'

/** One file of the log. */
export interface Segment {
  /** The offset of its first record, which is also its name. */
  base: number
  path: string
  /** How much of it readers may see. */
  size: number
  /** Some places of groups, in order, at least 64 KiB apart. */
  places: Place[]
}

/** The log as readers see it, whoever writes it. */
export interface SegmentSource {
  files: Files
  /** Oldest first; the last one is being written. */
  segments: readonly Segment[]
  arrivals: Arrivals
  report: (segment: Segment, loss: Loss) => void
}

const NAME = /^(\d{16})\.seg$/
/** One place for this much log: a thousand for a full segment, some 50 KB of memory. */
const INDEX_STEP_BYTES = 64 * 1024

export function createSegment(dir: string, base: number): Segment {
  return { base, path: path.join(dir, `${String(base).padStart(16, '0')}.seg`), size: 0, places: [] }
}

/** The segments in the directory, oldest first. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const names = await fs.readdir(dir)
  const bases = names.flatMap(name => NAME.exec(name)?.[1] ?? []).map(Number)
  const segments = bases.sort((a, b) => a - b).map(base => createSegment(dir, base))
  for (const segment of segments) segment.size = (await fs.stat(segment.path)).size
  for (const sealed of segments.slice(0, -1)) sealed.places = await loadIndex(sealed)
  return segments
}

/**
 * Remembers a place when it is far enough from the last one. Places are learned while writing and reading, or from the
 * index of a sealed segment, never by a scan of their own.
 */
export function notePlace(segment: Segment, place: Place): void {
  const last = segment.places.at(-1)?.position ?? 0
  if (place.position - last >= INDEX_STEP_BYTES) segment.places.push({ position: place.position, offset: place.offset })
}

/** The nearest known place from which reading on comes to the offset. */
export function placeBefore(segment: Segment, offset: number): Place {
  return segment.places.findLast(place => place.offset <= offset) ?? { position: 0, offset: segment.base }
}

/** The segment that has, or would have, the offset; the first one for an offset that is gone. */
export function segmentOf(segments: readonly Segment[], offset: number): Segment | undefined {
  return segments.findLast(segment => segment.base <= offset) ?? segments[0]
}

/** Bytes of all of them. */
export function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { size }) => sum + size, 0)
}

/**
 * Removes, oldest first, those whose records all lie below the offset; the last one stays. Who reads one of them may
 * read it to its end.
 */
export async function removeSegments(segments: Segment[], below: number): Promise<void> {
  for (;;) {
    const [oldest, next] = segments
    if (!oldest || !next || next.base > below) return
    segments.shift()
    for (const file of [oldest.path, indexPath(oldest)]) await fs.rm(file, { force: true })
  }
}

/** A count of changes that can be waited for, so that no reader polls. */
export interface Arrivals {
  /** To be read before looking for records: what comes after it wakes `after`. */
  count: () => number
  /** Something new can be read. */
  raise: () => void
  /** Resolves when the count has moved on, or at the abort. */
  after: (count: number, abort: AbortSignal) => Promise<void>
}

export function createArrivals(): Arrivals {
  const waiting = new Set<() => void>()
  let count = 0
  return {
    count: () => count,
    raise: () => {
      count++
      for (const wake of waiting) wake()
    },
    after: (seen, abort) =>
      new Promise(resolve => {
        if (seen !== count || abort.aborted) return resolve()
        const wake = () => {
          waiting.delete(wake)
          abort.removeEventListener('abort', wake)
          resolve()
        }
        waiting.add(wake)
        abort.addEventListener('abort', wake)
      })
  }
}

// Beside a sealed segment lies a file with some places of its groups, so that a reader who wants its end need not read
// all of it: `[size, [[position, offset], …], crc32 of the two]` as JSON. It is a help only: one that is missing, old
// or
// damaged is passed over, and the segment is read from its beginning.

export function indexPath({ path }: Pick<Segment, 'path'>): string {
  return path.replace(/\.seg$/, '.idx')
}

/** Not synced: what a power cut leaves of it fails its checksum. */
export async function saveIndex(segment: Segment): Promise<void> {
  const places = segment.places.map(({ position, offset }) => [position, offset])
  await fs.writeFile(indexPath(segment), JSON.stringify([segment.size, places, sum(segment.size, places)]), {
    mode: PRIVATE
  })
}

/** The places of a sealed segment; none when its index cannot be believed. */
export async function loadIndex(segment: Segment): Promise<Place[]> {
  try {
    const [size, places, checksum] = JSON.parse(await fs.readFile(indexPath(segment), 'utf8')) as [
      number,
      [number, number][],
      number
    ] // anything else fails the checksum
    if (checksum !== sum(size, places) || size !== segment.size) return []
    return places.map(([position, offset]) => ({ position, offset }))
  } catch {
    return []
  }
}

function sum(size: number, places: unknown): number {
  return crc32(JSON.stringify([size, places]))
}
