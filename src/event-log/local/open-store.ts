import { createArrivals } from './arrivals.js'
import { endOfGroups } from './end-of-groups.js'
import { type Files, type LogFile, syncDirectory } from './files.js'
import type { Loss, Place } from './read-groups.js'
import { createNextSegment, type SegmentStore } from './segment-store.js'
import { listSegments, type Segment } from './segments.js'

export interface StoreOptions {
  dir: string
  files: Files
  segmentBytes: number
  maxBytes: number
  report: (segment: Segment, loss: Loss) => void
}

/** The store, fit to be appended to whatever ended its last writer, and how many bytes of its end were torn. */
export async function openSegmentStore ({ dir, files, segmentBytes, maxBytes, report }: StoreOptions): Promise<{ store: SegmentStore, tornBytes: number }> {
  const segments = await listSegments(dir)
  const last = segments.at(-1)
  const { segment, file } = last ? { segment: last, file: await files.open(last.path, 'r+') } : await createNextSegment(files, dir, 0)
  try {
    if (!last) segments.push(segment)
    const { end, tornBytes } = await repairEnd(file, segment, report)
    await syncDirectory(files, dir) // a writer that died may have made the name of this segment without syncing it
    return { store: { dir, files, segmentBytes, maxBytes, segments, arrivals: createArrivals(), file, end, failure: null }, tornBytes }
  } catch (err) {
    await file.close()
    throw err
  }
}

/**
 * Cuts the torn tail and syncs the rest.
 * A crash between write and sync leaves records that only the page cache holds: nobody may see those before they are durable.
 */
async function repairEnd (file: LogFile, segment: Segment, report: StoreOptions['report']): Promise<{ end: Place, tornBytes: number }> {
  const { size } = await file.stat()
  const end = await endOfGroups(file, segment, { size, report: loss => report(segment, loss) })
  if (end.position < size) await file.truncate(end.position)
  await file.datasync()
  segment.size = end.position
  return { end, tornBytes: size - end.position }
}
