import fs from 'node:fs/promises'
import path from 'node:path'
import type { OwnerLockOptions } from '../../lib/directory-lock.js'
import { raiseAlarm } from '../../observability/alarms.js'
import type { LocalLogger } from '../local/damage.js'
import { type Files, PRIVATE } from '../local/files.js'
import { type LocalLog, openLocalLog } from '../local/local-log.js'
import type { LogRecord, Offset, StoredRecord } from '../port.js'

/** A queue on the local disk that holds records until Kafka accepts them. */
export interface Spool {
  dir: string
  /** Resolves when the records are synced to disk. @throws NotStoredError, LogFailedError, LogClosedError */
  append: (records: readonly LogRecord[]) => Promise<void>
  /** Returns the oldest undrained records, and the same ones again until `markDrained`; empty when all are drained. */
  next: () => Promise<StoredRecord[]>
  /** Marks records as sent to Kafka or set aside: `next` does not return them again. */
  markDrained: (records: readonly StoredRecord[]) => Promise<void>
  /** Keeps a record that Kafka rejects permanently. */
  setAside: (record: StoredRecord) => Promise<void>
  /** Appends the records that were set aside to the queue again. After a crash in between, some are in both places. */
  requeueSetAside: () => Promise<void>
  /** `bytes` is the size of the segment files, which are removed only when all of their records are drained. */
  backlog: () => { records: number; bytes: number; setAside: number }
  trouble: () => string | null
  close: () => Promise<void>
}

export interface SpoolOptions {
  dir: string
  /** Appends that would make the segment files larger are refused. */
  maxBytes: number
  log?: LocalLogger | undefined
  files?: Files
  /** As for a local log. */
  lock?: OwnerLockOptions
}

const MIB = 1024 * 1024
/** A file is removed when all of it is drained, so small segments free disk space early. */
const MAX_SEGMENT_BYTES = 8 * MIB
const MIN_SEGMENT_BYTES = 64 * 1024
const SEGMENTS = 16
/** Encoding a record in kafkajs blocks the event loop for about 60 us, so a larger batch would delay responses. */
const BATCH_RECORDS = 250

/** @throws DataDirError  another process uses the directory */
export async function openSpool({ dir, maxBytes, ...rest }: SpoolOptions): Promise<Spool> {
  const segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.max(MIN_SEGMENT_BYTES, Math.floor(maxBytes / SEGMENTS)))
  const queue = await openLocalLog({ dir, segmentBytes, maxBytes, ...rest })
  const asideDir = path.join(dir, 'set-aside')
  const aside = await openLocalLog({ dir: asideDir, ...rest }).catch(async err => {
    await queue.close()
    throw err
  })
  const drained = await loadDrainPosition(dir, queue)
  const requeued = await loadDrainPosition(asideDir, aside)
  const cursor = queue.cursor(drained.offset())
  let undrained: StoredRecord[] = [] // read from the queue and not marked as drained yet

  /** `end` is read before the disk is: records that are appended during the read must not count as damage. */
  async function next(): Promise<StoredRecord[]> {
    const end = queue.end()
    if (undrained.length === 0) undrained = await cursor.next()
    if (undrained.length === 0 && drained.offset() < end) {
      raiseAlarm(
        rest.log,
        { alarm: 'spool-damaged', records: Number(end - drained.offset()) },
        'the end of the spool is unreadable and is skipped'
      )
      await drained.move(end)
    }
    // A small remainder would cost as much as a whole batch.
    return undrained.length < 1.5 * BATCH_RECORDS ? undrained : undrained.slice(0, BATCH_RECORDS)
  }

  /** Offsets missing between two records are damaged, or belong to topics that no longer exist: nothing waits there. */
  async function markDrained(records: readonly StoredRecord[]): Promise<void> {
    const last = records.at(-1)
    if (!last) return
    undrained = undrained.filter(({ offset }) => offset > last.offset)
    await drained.move(last.offset + 1n)
    await queue.trim(last.offset + 1n)
  }

  const isDrained = () => drained.offset() >= queue.end()

  return {
    dir,
    append: queue.append,
    next,
    markDrained,
    setAside: async record => aside.append([asRecord(record)]),
    requeueSetAside: async () => {
      const cursorAside = aside.cursor(requeued.offset())
      for (let records = await cursorAside.next(); records.length > 0; records = await cursorAside.next()) {
        await queue.append(records.map(asRecord))
        await requeued.move((records.at(-1)?.offset ?? 0n) + 1n)
      }
      await cursorAside.close()
      await aside.trim(aside.end())
    },
    backlog: () => ({
      records: Math.max(0, Number(queue.end() - drained.offset())),
      bytes: isDrained() ? 0 : queue.sizeBytes(),
      setAside: Number(aside.end() - requeued.offset())
    }),
    trouble: queue.trouble,
    close: async () => {
      await cursor.close()
      await Promise.all([queue.close(), aside.close()])
    }
  }
}

/** The defaults never apply to our own records: each has a key and a value. */
export function asRecord({ topic, key, value, headers }: StoredRecord): LogRecord {
  return { topic, key: key ?? '', value: value ?? Buffer.alloc(0), headers }
}

/** The offset below which a spool is drained, in a file beside its segments. */
interface DrainPosition {
  offset: () => Offset
  /** The file is not synced: after a power failure an older position only sends some records again. */
  move: (offset: Offset) => Promise<void>
}

/**
 * A position that is unreadable, belongs to another log or lies beyond the end is ignored: all records are sent again.
 */
async function loadDrainPosition(dir: string, queue: Pick<LocalLog, 'id' | 'end'>): Promise<DrainPosition> {
  const id = await queue.id()
  const file = path.join(dir, 'drained')
  let offset = parsePosition(await fs.readFile(file, 'utf8').catch(() => ''), id)
  if (offset > queue.end()) offset = 0n
  return {
    offset: () => offset,
    move: async to => {
      offset = to
      await fs.writeFile(`${file}.new`, `${id} ${to}\n`, { mode: PRIVATE })
      await fs.rename(`${file}.new`, file)
    }
  }
}

function parsePosition(text: string, id: string): Offset {
  const [owner, digits = ''] = text.split(/[ \n]/)
  return owner === id && /^\d{1,16}$/.test(digits) && text.endsWith('\n') ? BigInt(digits) : 0n
}
