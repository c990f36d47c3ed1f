import fs from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { type Files, PRIVATE } from './files.js'
import type { DataLoss, LogPosition } from './read-groups.js'

/** One file of the log. */
export interface Segment {
  /** The offset of its first record, which is also its name. */
  base: number
  path: string
  /** The number of bytes that readers may see. */
  size: number
  /** Positions of some groups in order, at least 64 KiB apart. */
  positions: LogPosition[]
}

/** The log as readers see it, whichever process writes it. */
export interface SegmentSource {
  files: Files
  /** Oldest first; the last one is written to. */
  segments: readonly Segment[]
  appendSignal: AppendSignal
  report: (segment: Segment, loss: DataLoss) => void
}

const NAME = /^(\d{16})\.seg$/
/** One position per this many bytes: a thousand for a full segment, about 50 KB of memory. */
const INDEX_STEP_BYTES = 64 * 1024

export function createSegment(dir: string, base: number): Segment {
  return { base, path: path.join(dir, `${String(base).padStart(16, '0')}.seg`), size: 0, positions: [] }
}

/** Lists the segments of the directory, oldest first. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const names = await fs.readdir(dir)
  const bases = names.flatMap(name => NAME.exec(name)?.[1] ?? []).map(Number)
  const segments = bases.sort((a, b) => a - b).map(base => createSegment(dir, base))
  for (const segment of segments) segment.size = (await fs.stat(segment.path)).size
  for (const sealed of segments.slice(0, -1)) sealed.positions = await loadIndex(sealed)
  return segments
}

/**
 * Records a group position when it is far enough from the last one. Positions come from writing and reading or from the
 * index file of a sealed segment, never from a separate scan.
 */
export function recordPosition(segment: Segment, place: LogPosition): void {
  const last = segment.positions.at(-1)?.position ?? 0
  if (place.position - last >= INDEX_STEP_BYTES)
    segment.positions.push({ position: place.position, offset: place.offset })
}

/** Returns the nearest known position at or before the offset. */
export function positionBefore(segment: Segment, offset: number): LogPosition {
  return segment.positions.findLast(place => place.offset <= offset) ?? { position: 0, offset: segment.base }
}

/** Returns the segment that contains the offset or would contain it; the first one for an offset that was removed. */
export function segmentOf(segments: readonly Segment[], offset: number): Segment | undefined {
  return segments.findLast(segment => segment.base <= offset) ?? segments[0]
}

/** The total size in bytes. */
export function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { size }) => sum + size, 0)
}

/**
 * Removes the segments whose records all lie below the offset, oldest first, but never the last one. A reader that has
 * one of them open may read it to its end.
 */
export async function removeSegments(segments: Segment[], below: number): Promise<void> {
  for (;;) {
    const [oldest, next] = segments
    if (!oldest || !next || next.base > below) return
    segments.shift()
    for (const file of [oldest.path, indexPath(oldest)]) await fs.rm(file, { force: true })
  }
}

/** A version counter that readers wait for instead of polling. */
export interface AppendSignal {
  /** Read it before looking for records: any later append wakes `waitFor`. */
  version: () => number
  /** Announces new records. */
  notify: () => void
  /** Resolves when the version differs from `seen`, or at the abort. */
  waitFor: (seen: number, abort: AbortSignal) => Promise<void>
}

export function createAppendSignal(): AppendSignal {
  const waiting = new Set<() => void>()
  let version = 0
  return {
    version: () => version,
    notify: () => {
      version++
      for (const wake of waiting) wake()
    },
    waitFor: (seen, abort) =>
      new Promise(resolve => {
        if (seen !== version || abort.aborted) return resolve()
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

// A sealed segment has an index file with some positions of its groups, so that a reader need not start at its
// beginning: `[size, [[position, offset], …], crc32 of both]` as JSON. It is optional: when it is missing, outdated or
// damaged, the segment is read from the beginning.

function indexPath({ path }: Pick<Segment, 'path'>): string {
  return path.replace(/\.seg$/, '.idx')
}

/** Not synced: a file torn by a power failure fails its checksum. */
export async function saveIndex(segment: Segment): Promise<void> {
  const places = segment.positions.map(({ position, offset }) => [position, offset])
  await fs.writeFile(indexPath(segment), JSON.stringify([segment.size, places, sum(segment.size, places)]), {
    mode: PRIVATE
  })
}

/** Loads the positions of a sealed segment; empty when the index is not valid. */
async function loadIndex(segment: Segment): Promise<LogPosition[]> {
  try {
    const [size, places, checksum] = JSON.parse(await fs.readFile(indexPath(segment), 'utf8')) as [
      number,
      [number, number][],
      number
    ] // a value of any other shape fails the checksum
    if (checksum !== sum(size, places) || size !== segment.size) return []
    return places.map(([position, offset]) => ({ position, offset }))
  } catch {
    return []
  }
}

function sum(size: number, places: unknown): number {
  return crc32(JSON.stringify([size, places]))
}
