import path from 'node:path'
import { LogFailedError } from '../../errors.js'
import { acquireOwnerLock, type OwnerLock } from '../../lib/directory-lock.js'
import type { EventLog, Offset } from '../port.js'
import { type Cursor, createCursor } from './cursor.js'
import {
  createDamageReport,
  createDiskTrouble,
  type Damage,
  type DamageReport,
  type DiskTrouble,
  type LocalLogger
} from './damage.js'
import { diskFiles, type Files } from './files.js'
import { createGroupQueue, type GroupQueue } from './group-queue.js'
import { loadLogId, openSegmentStore } from './open-store.js'
import { retain, startRetention } from './retention.js'
import { type SegmentStore, vouchForAll, writeGroup } from './segment-store.js'
import { removeSegments, type SegmentSource, sizeOf } from './segments.js'
import { createSubscriptions, type Subscriptions } from './subscription.js'

export interface LocalLogOptions {
  /** Belongs to the log alone; made when it is missing. */
  dir: string
  /** A segment ends before it would grow beyond this, unless a single group is larger. */
  segmentBytes?: number
  /** An append that would make more than this wait for the disk is refused. */
  maxQueuedBytes?: number
  /** An append is refused that would make the files together larger than this. */
  maxBytes?: number
  /** Older segments are removed once every subscription has handled them. Without it none is. */
  maxAgeMs?: number
  log?: LocalLogger | undefined
  files?: Files
  /** ms since 1970 */
  now?: () => number
}

export interface LocalLog extends EventLog {
  /** What was found to be lost since the log was opened. Sealed segments are looked at when somebody reads them. */
  damage: () => readonly Damage[]
  /** Reads on its own from an offset on. */
  cursor: (from: Offset) => Cursor
  /** One past the newest record that is durable. */
  end: () => Offset
  sizeBytes: () => number
  /** Removes the segments that lie wholly below the offset; never the one that is written. */
  trim: (below: Offset) => Promise<void>
  /** Removes what is too old, or too much, now; gives the number of segments. */
  retain: () => Promise<number>
}

interface Parts {
  id: string
  lock: OwnerLock
  store: SegmentStore
  queue: GroupQueue
  trouble: DiskTrouble
  damage: DamageReport
  readers: Subscriptions
  retainNow: () => Promise<number>
  retention: { close: () => Promise<void> } | null
  source: SegmentSource
}

const MIB = 1024 * 1024
const RETENTION_EVERY_MS = 60_000

/**
 * Opens the log of a directory for this process alone, and repairs its end.
 * All topics share one sequence: an offset is the index of the record in the whole log, so it is sparse within a topic,
 * and `bounds` are those of the whole log, the same for each topic.
 * `append` rejects with a NotStoredError while the disk takes no writes, and with a LogFailedError from a failed sync
 * to the restart.
 * @throws DataDirError  another process has the directory
 */
export async function openLocalLog(options: LocalLogOptions): Promise<LocalLog> {
  const lock = await acquireOwnerLock(options.dir)
  try {
    return logOf(await openParts(options, lock))
  } catch (err) {
    await lock.release()
    throw err
  }
}

async function openParts(options: LocalLogOptions, lock: OwnerLock): Promise<Parts> {
  const {
    dir,
    log,
    files = diskFiles,
    now = Date.now,
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
      'cut the end of the event log, which was never acknowledged'
    )
  }
  const trouble = createDiskTrouble(log, now)
  const write = (group: Buffer, count: number) => trouble.watch(writeGroup(store, group, count))
  const source: SegmentSource = { files, segments: store.segments, arrivals: store.arrivals, report: damage.report }
  const readers = createSubscriptions(source, log)
  const retainNow = () =>
    retain(store.segments, readers.handledBelow(), { maxAgeMs: maxAgeMs ?? Infinity, maxBytes, now })
  return {
    id: await loadLogId(files, dir),
    lock,
    store,
    queue: createGroupQueue({ write, maxQueuedBytes, now }),
    trouble,
    damage,
    readers,
    retainNow,
    retention: maxAgeMs === undefined ? null : startRetention(retainNow, RETENTION_EVERY_MS, log),
    source
  }
}

function logOf(parts: Parts): LocalLog {
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
    close: () => (closing ??= closeParts(parts))
  }
}

async function closeParts({ store, queue, readers, retention, lock }: Parts): Promise<void> {
  await Promise.all([retention?.close(), queue.close(), readers.close()])
  await vouchForAll(store).catch(() => {}) // the disk's trouble has been told of
  await store.file.close()
  await lock.release()
}
