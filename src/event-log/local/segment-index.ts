import fs from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { PRIVATE } from './files.js'
import type { Place } from './read-groups.js'
import type { Segment } from './segments.js'

// Beside a sealed segment lies a file with some places of its groups, so that a reader who wants its end need not read
// all of it: `[size, [[position, offset], …], crc32 of the two]` as JSON. It is a help only: one that is missing, old or
// damaged is passed over, and the segment is read from its beginning.

export function indexPath ({ path }: Pick<Segment, 'path'>): string {
  return path.replace(/\.seg$/, '.idx')
}

/** Not synced: what a power cut leaves of it fails its checksum. */
export async function saveIndex (segment: Segment): Promise<void> {
  const places = segment.places.map(({ position, offset }) => [position, offset])
  await fs.writeFile(indexPath(segment), JSON.stringify([segment.size, places, sum(segment.size, places)]), { mode: PRIVATE })
}

/** The places of a sealed segment; none when its index cannot be believed. */
export async function loadIndex (segment: Segment): Promise<Place[]> {
  try {
    const [size, places, checksum] = JSON.parse(await fs.readFile(indexPath(segment), 'utf8')) as [number, [number, number][], number] // anything else fails the checksum
    if (checksum !== sum(size, places) || size !== segment.size) return []
    return places.map(([position, offset]) => ({ position, offset }))
  } catch {
    return []
  }
}

function sum (size: number, places: unknown): number {
  return crc32(JSON.stringify([size, places]))
}
