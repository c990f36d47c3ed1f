import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { DataDirError } from '../../errors.js'
import { type Files, type LogFile, PRIVATE, syncDirectory } from './files.js'
import { type Loss, type Place, readGroups } from './read-groups.js'
import { createNextSegment, type SegmentStore } from './segment-store.js'
import { createArrivals, listSegments, notePlace, type Segment } from './segments.js'

export interface StoreOptions {
  dir: string
  files: Files
  segmentBytes: number
  maxBytes: number
  report: (segment: Segment, loss: Loss) => void
}

/** The store, fit to be appended to whatever ended its last writer, and how many bytes of its end were torn. */
export async function openSegmentStore({
  dir,
  files,
  segmentBytes,
  maxBytes,
  report
}: StoreOptions): Promise<{ store: SegmentStore; tornBytes: number }> {
  const segments = await listSegments(dir)
  const last = segments.at(-1)
  const { segment, file } = last
    ? { segment: last, file: await files.open(last.path, 'r+') }
    : await createNextSegment(files, dir, 0)
  try {
    if (!last) segments.push(segment)
    const { end, tornBytes } = await repairEnd(file, segment, report)
    await syncDirectory(files, dir) // a writer that died may have made the name of this segment without syncing it
    return {
      store: { dir, files, segmentBytes, maxBytes, segments, arrivals: createArrivals(), file, end, failure: null },
      tornBytes
    }
  } catch (err) {
    await file.close()
    throw err
  }
}

/**
 * Cuts the torn tail and syncs the rest.
 * A crash between write and sync leaves records that only the page cache holds: nobody may see those before they are
 * durable.
 */
async function repairEnd(
  file: LogFile,
  segment: Segment,
  report: StoreOptions['report']
): Promise<{ end: Place; tornBytes: number }> {
  const { size } = await file.stat()
  const end = await endOfGroups(file, segment, { size, report: loss => report(segment, loss) })
  if (end.position < size) await file.truncate(end.position)
  await file.datasync()
  segment.size = end.position
  return { end, tornBytes: size - end.position }
}

/**
 * Where the groups of the last segment end; what lies between there and `size` is a torn tail. Learns places on the
 * way.
 */
export async function endOfGroups(
  file: LogFile,
  segment: Segment,
  { size, report }: { size: number; report: (loss: Loss) => void }
): Promise<Place> {
  let here: Place = segment.places.at(-1) ?? { position: 0, offset: segment.base }
  for (;;) {
    const { groups, loss, next } = await readGroups(file, here, { size, sealedAt: null })
    if (groups.length === 0 && !loss) return here
    for (const group of groups) notePlace(segment, group)
    if (loss) report(loss)
    here = next
  }
}

/**
 * The log's own id: checkpoints belong to it, so a log that was begun anew is not taken for the old one.
 * @throws DataDirError  the directory holds no log yet
 */
export async function readLogId(dir: string): Promise<string> {
  const id = await fs.readFile(path.join(dir, 'id'), 'utf8').catch(() => '')
  if (id.trim() === '') throw new DataDirError(`there is no event log in ${dir}`)
  return id.trim()
}

/** Reads the id, or makes one that is whole or absent however the machine dies. */
export async function loadLogId(files: Files, dir: string): Promise<string> {
  return await readLogId(dir).catch(() => makeLogId(files, dir))
}

async function makeLogId(files: Files, dir: string): Promise<string> {
  const id = randomUUID()
  const fresh = path.join(dir, 'id.new')
  const bytes = Buffer.from(`${id}\n`)
  const file = await files.open(fresh, 'w', PRIVATE)
  try {
    await file.write(bytes, 0, bytes.length, 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await fs.rename(fresh, path.join(dir, 'id'))
  await syncDirectory(files, dir)
  return id
}
