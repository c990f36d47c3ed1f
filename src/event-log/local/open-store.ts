import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { DataDirError } from '../../errors.js'
import { type Files, type LogFile, PRIVATE, syncDirectory } from './files.js'
import {
  type DataLoss,
  endOfGroup,
  type LogPosition,
  lastAppendedAt,
  lossOf,
  readGroups,
  readTail
} from './read-groups.js'
import { createNextSegment, type SegmentStore } from './segment-store.js'
import { createAppendSignal, listSegments, recordPosition, type Segment } from './segments.js'

export interface StoreOptions {
  dir: string
  files: Files
  segmentBytes: number
  maxBytes: number
  report: (segment: Segment, loss: DataLoss) => void
}

/** Opens and repairs the store, and returns how many bytes of an unfinished group were removed. */
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
    const { end, tornBytes, isMarked } = await repairEnd(file, segment, report)
    await syncDirectory(files, dir) // a crashed writer may have created this segment without syncing its name
    return {
      store: {
        dir,
        files,
        segmentBytes,
        maxBytes,
        segments,
        appendSignal: createAppendSignal(),
        file,
        end,
        isMarked,
        failure: null
      },
      tornBytes
    }
  } catch (err) {
    await file.close()
    throw err
  }
}

/**
 * Truncates the end that cannot be read, and syncs the rest. An unfinished group was never acknowledged. What is
 * damaged may have been, although no mark says so: it is reported, and its readable records are kept.
 * A crash between write and sync leaves records in the page cache only, which must not be read before they are durable.
 */
async function repairEnd(
  file: LogFile,
  segment: Segment,
  report: StoreOptions['report']
): Promise<{ end: LogPosition; tornBytes: number; isMarked: boolean }> {
  const { size } = await file.stat()
  const options = { size, report: (loss: DataLoss) => report(segment, loss) }
  let end = await endOfGroups(file, segment, options)
  let tail = await readTail(file, end, size)
  while (tail.name === 'damaged' && tail.group.payloads.some(payload => payload !== null)) {
    options.report(lossOf(tail.group, end.lastAppendedAt))
    const next = { ...endOfGroup(tail.group), isMarked: false, lastAppendedAt: lastAppendedAt([tail.group]) }
    end = await endOfGroups(file, segment, options, next)
    tail = await readTail(file, end, size)
  }
  if (tail.name === 'damaged') options.report(lossOf(tail.group, end.lastAppendedAt))
  if (tail.name === 'unreadable') options.report(unreadableEnd(end, size))
  if (end.position < size) await file.truncate(end.position)
  await file.datasync()
  segment.size = end.position
  return { end, tornBytes: tail.name === 'unfinished' ? size - end.position : 0, isMarked: end.isMarked }
}

function unreadableEnd({ position, offset, lastAppendedAt: lostAfter }: EndOfGroups, size: number): DataLoss {
  const range = { fromByte: position, toByte: size, firstOffset: offset, endOffset: offset }
  return { ...range, records: null, lostAfter, lostBefore: null, isSynced: false }
}

export interface EndOfGroups extends LogPosition {
  /** True when the last group confirms that everything before it is synced. */
  isMarked: boolean
  /** When the last record was appended; `null` when there is none. */
  lastAppendedAt: number | null
}

/**
 * Returns where the groups of the last segment end, beginning at `from`; the bytes from there on to `size` cannot be
 * read. Records group positions.
 */
export async function endOfGroups(
  file: LogFile,
  segment: Segment,
  { size, report }: { size: number; report: (loss: DataLoss) => void },
  from: EndOfGroups = { ...startOf(segment), isMarked: false, lastAppendedAt: null }
): Promise<EndOfGroups> {
  let here = from
  for (;;) {
    const extent = { size, sealedAt: null, lastAppendedAt: here.lastAppendedAt }
    const { groups, loss, next } = await readGroups(file, here, extent)
    if (groups.length === 0 && !loss) return here
    for (const group of groups) recordPosition(segment, group)
    if (loss) report(loss)
    here = {
      ...next,
      isMarked: groups.at(-1)?.payloads.length === 0,
      lastAppendedAt: lastAppendedAt(groups) ?? here.lastAppendedAt
    }
  }
}

function startOf(segment: Segment): LogPosition {
  return segment.positions.at(-1) ?? { position: 0, offset: segment.base }
}

/**
 * Returns the id of the log. Checkpoints refer to it, so that a re-created log is not taken for the old one.
 * @throws DataDirError  the directory contains no log yet
 */
export async function readLogId(dir: string): Promise<string> {
  const id = await fs.readFile(path.join(dir, 'id'), 'utf8').catch(() => '')
  if (id.trim() === '') throw new DataDirError(`there is no event log in ${dir}`)
  return id.trim()
}

/** Reads the id, or creates one atomically: after a crash it is complete or absent. */
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
