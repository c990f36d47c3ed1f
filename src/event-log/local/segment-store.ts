import { LogFailedError, NotStoredError } from '../../errors.js'
import { type Files, type LogFile, PRIVATE, syncDirectory } from './files.js'
import { HEADER_BYTES, writeGroupHeader } from './group.js'
import type { LogPosition } from './read-groups.js'
import { type AppendSignal, createSegment, recordPosition, type Segment, saveIndex, sizeOf } from './segments.js'

/** The writing side of the segments: one group at a time, durable when `writeGroup` resolves. */
export interface SegmentStore {
  dir: string
  files: Files
  segmentBytes: number
  /** The maximum size of all segments together. */
  maxBytes: number
  segments: Segment[]
  appendSignal: AppendSignal
  /** The open file of the last segment. */
  file: LogFile
  end: LogPosition
  /** True when the last group confirms that everything before it is synced. */
  isMarked: boolean
  /** The failure after which everything is rejected until a restart. */
  failure: Error | null
}

/**
 * Writes and syncs one group, and makes it visible to readers.
 * @param group  space for the header, which is written here, followed by `count` frames
 * @throws NotStoredError  nothing of it is in the log; the next group may succeed
 * @throws LogFailedError  it is not known what the disk holds, so nothing more is written
 */
export async function writeGroup(store: SegmentStore, group: Buffer, count: number): Promise<void> {
  if (store.failure) throw failed(store.failure)
  if (count > 0 && sizeOf(store.segments) + group.length > store.maxBytes)
    throw new NotStoredError({
      cause: Object.assign(new Error('the log is as large as it may be'), { code: 'MAX_BYTES' })
    })
  if (count > 0 && isFull(store, group)) await rollSegment(store)
  const { position, offset } = store.end
  writeGroupHeader(group, { count, byteLength: group.length - HEADER_BYTES, firstOffset: offset }, position)
  await writeWhole(store, group)
  await sync(store, () => store.file.datasync())
  store.end = { position: position + group.length, offset: offset + count }
  store.isMarked = count === 0
  const segment = store.segments.at(-1)
  if (segment) {
    segment.size = store.end.position
    recordPosition(segment, { position, offset })
  }
  store.appendSignal.notify()
}

/**
 * Marks the last group as synced by an empty group, whose header confirms everything before it: without it, it would
 * not be known whether a group that is damaged later was acknowledged.
 */
export async function writeMark(store: SegmentStore): Promise<void> {
  if (!store.isMarked && store.end.position > 0) await writeGroup(store, Buffer.alloc(HEADER_BYTES), 0)
}

export async function createNextSegment(
  files: Files,
  dir: string,
  base: number
): Promise<{ segment: Segment; file: LogFile }> {
  const segment = createSegment(dir, base)
  return { segment, file: await files.open(segment.path, 'wx', PRIVATE) }
}

/** A segment without records is never full, because the next one would have the same name. */
function isFull({ segments, segmentBytes, end }: SegmentStore, group: Buffer): boolean {
  const base = segments.at(-1)?.base ?? 0
  return end.offset > base && end.position + group.length > segmentBytes
}

async function rollSegment(store: SegmentStore): Promise<void> {
  const { segment, file } = await createNextSegment(store.files, store.dir, store.end.offset).catch(refused)
  const [sealed, before] = [store.file, store.segments.at(-1)]
  store.file = file
  store.end = { position: 0, offset: segment.base }
  store.segments.push(segment)
  await sync(store, () => syncDirectory(store.files, store.dir))
  await sealed.close().catch(() => {}) // everything in it is synced
  if (before) saveIndex(before).catch(() => {}) // optional
}

async function writeWhole(store: SegmentStore, group: Buffer): Promise<void> {
  const { position } = store.end
  try {
    const { bytesWritten } = await store.file.write(group, 0, group.length, position)
    if (bytesWritten < group.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' })
  } catch (err) {
    // A partly written group must not remain in front of the next one.
    await store.file.truncate(position).catch(cause => fail(store, cause))
    return refused(err)
  }
}

/** After a failed sync the kernel may mark the lost pages as clean, so a second, successful sync proves nothing. */
async function sync(store: SegmentStore, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (err) {
    // The append is rejected, so a restart should not find it. If truncating fails too, the port permits that.
    await store.file.truncate(store.end.position).catch(() => {})
    fail(store, err)
  }
}

function fail(store: SegmentStore, cause: unknown): never {
  store.failure = cause instanceof Error ? cause : new Error(String(cause))
  throw failed(store.failure)
}

function failed(cause: Error): Error {
  return new LogFailedError({ cause })
}

function refused(cause: unknown): never {
  throw new NotStoredError({ cause })
}
