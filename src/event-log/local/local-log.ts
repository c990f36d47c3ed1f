import path from 'node:path'
import { LogFailedError } from '../../errors.js'
import { systemClock } from '../../lib/clock.js'
import { acquireOwnerLock, type OwnerLock, type OwnerLockOptions } from '../../lib/directory-lock.js'
import type { EventLog, Offset } from '../port.js'
import { type Cursor, createCursor } from './cursor.js'
import {
  createDamageReport,
  createDiskHealth,
  type Damage,
  type DamageReport,
  type DiskHealth,
  type LocalLogger
} from './damage.js'
import { diskFiles, type Files } from './files.js'
import { createGroupQueue, type GroupQueue } from './group-queue.js'
import { loadLogId, openSegmentStore } from './open-store.js'
import { retain, startRetention } from './retention.js'
import { type SegmentStore, writeGroup, writeMark } from './segment-store.js'
import { removeSegments, type SegmentSource, sizeOf } from './segments.js'
import { createSubscriptions, type Subscriptions } from './subscription.js'

export interface LocalLogOptions {
  /** Used by this log only; created when missing. */
  dir: string
  /** Maximum size of a segment, unless a single group is larger. */
  segmentBytes?: number
  /** An append is rejected when more than this would wait for the disk. */
  maxQueuedBytes?: number
  /** An append is rejected when all segments together would become larger. */
  maxBytes?: number
  /** Older segments are removed after every subscription has handled them. Without it, none is removed. */
  maxAgeMs?: number
  log?: LocalLogger | undefined
  files?: Files
  /** How the lock of the directory passes from one process to the next. By default, an owner keeps it. */
  lock?: OwnerLockOptions
  /** ms since 1970 */
  now?: () => number
}

export interface LocalLog extends EventLog {
  /** The damage found since the log was opened. Sealed segments are checked when they are read. */
  damage: () => readonly Damage[]
  /** Creates an independent cursor that starts at an offset. */
  cursor: (from: Offset) => Cursor
  /** One past the newest record that is durable. */
  end: () => Offset
  sizeBytes: () => number
  /** Removes the segments that lie completely below the offset, except the one that is written. */
  trim: (below: Offset) => Promise<void>
  /** Applies age and size retention now; returns the number of removed segments. */
  retain: () => Promise<number>
}

interface LogState {
  id: string
  lock: OwnerLock
  store: SegmentStore
  queue: GroupQueue
  trouble: DiskHealth
  damage: DamageReport
  readers: Subscriptions
  retainNow: () => Promise<number>
  retention: { close: () => Promise<void> } | null
  source: SegmentSource
}

const MIB = 1024 * 1024
const RETENTION_EVERY_MS = 60_000

/**
 * Opens the log of a directory for exclusive use by this process, and repairs its end.
 * All topics share one sequence: an offset is the index of a record in the whole log. Offsets are sparse within a
 * topic, and `bounds` returns those of the whole log for each topic.
 * `append` rejects with a NotStoredError while the disk refuses writes, and with a LogFailedError from a failed sync
 * until the restart.
 * @throws DataDirError  another process uses the directory
 */
export async function openLocalLog(options: LocalLogOptions): Promise<LocalLog> {
  const lock = await acquireOwnerLock(options.dir, options.lock)
  try {
    return toLocalLog(await openState(options, lock))
  } catch (err) {
    await lock.release()
    throw err
  }
}

async function openState(options: LocalLogOptions, lock: OwnerLock): Promise<LogState> {
  const {
    dir,
    log,
    files = diskFiles,
    now = () => systemClock.now().getTime(),
    segmentBytes = 64 * MIB,
    maxQueuedBytes = 64 * MIB,
    maxBytes = Infinity,
    maxAgeMs
  } = options
  const damage = createDamageReport(log)
  const { store, tornBytes } = await openSegmentStore({ dir, files, segmentBytes, maxBytes, report: damage.report })
  if (tornBytes > 0) {
    const segment = path.basename(store.segments.at(-1)?.path ?? '')
    log?.warn(
      { segment, fromByte: store.end.position, tornBytes },
      'removed an unfinished group from the end of the event log: its write had not ended, so it was not acknowledged'
    )
  }
  // Readers take a damaged group at the end for one that is being written, until another group follows.
  if (damage.list().length > 0) await writeMark(store).catch(() => {}) // the next append does the same
  const trouble = createDiskHealth(log, now)
  const write = (group: Buffer, count: number) => trouble.watch(writeGroup(store, group, count))
  const source: SegmentSource = {
    files,
    segments: store.segments,
    appendSignal: store.appendSignal,
    report: damage.report
  }
  const readers = createSubscriptions(source, log)
  const retainNow = () =>
    retain(store.segments, readers.handledBelow(), { maxAgeMs: maxAgeMs ?? Infinity, maxBytes, now })
  return {
    id: await loadLogId(files, dir),
    lock,
    store,
    queue: createGroupQueue({ write, mark: () => writeMark(store), maxQueuedBytes, now }),
    trouble,
    damage,
    readers,
    retainNow,
    retention: maxAgeMs === undefined ? null : startRetention(retainNow, RETENTION_EVERY_MS, log),
    source
  }
}

function toLocalLog(parts: LogState): LocalLog {
  const { store, queue, trouble, damage, readers } = parts
  let closing: Promise<void> | null = null
  return {
    id: async () => parts.id,
    append: records =>
      store.failure ? Promise.reject(new LogFailedError({ cause: store.failure })) : queue.append(records),
    subscribe: readers.subscribe,
    bounds: async () => {
      const first = store.segments[0]?.base ?? store.end.offset
      return [{ partition: 0, first: BigInt(first), end: BigInt(store.end.offset) }]
    },
    trouble: () => (closing ? 'is closed' : trouble.read()),
    damage: damage.list,
    cursor: from => createCursor(parts.source, Number(from)),
    end: () => BigInt(store.end.offset),
    sizeBytes: () => sizeOf(store.segments),
    retain: parts.retainNow,
    trim: below => removeSegments(store.segments, Number(below)),
    sparse: true,
    close: () => (closing ??= closeState(parts))
  }
}

async function closeState({ store, queue, readers, retention, lock }: LogState): Promise<void> {
  await Promise.all([retention?.close(), queue.close(), readers.close()])
  await writeMark(store).catch(() => {}) // the failure of the disk has been reported
  await store.file.close()
  await lock.release()
}
