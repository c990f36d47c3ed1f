import fs from 'node:fs/promises'
import path from 'node:path'
import type { LocalLogger } from '../local/damage.js'
import { type Files, PRIVATE } from '../local/files.js'
import { type LocalLog, openLocalLog } from '../local/local-log.js'
import type { LogRecord, Offset, StoredRecord } from '../port.js'

/** Where records wait, on the disk of this machine, until Kafka takes them. */
export interface Spool {
  dir: string
  /** Resolves when the records are synced. @throws NotStoredError, LogFailedError, LogClosedError */
  append: (records: readonly LogRecord[]) => Promise<void>
  /**
   * The oldest records that were not drained; none when all are. Gives the same again until `drained` is told of them.
   */
  next: () => Promise<StoredRecord[]>
  /** These are in Kafka, or set aside: they are never given again. */
  drained: (records: readonly StoredRecord[]) => Promise<void>
  /** Keeps a record that Kafka will never take. */
  setAside: (record: StoredRecord) => Promise<void>
  /** Puts what was set aside at the end of what waits. Ended half-way, it leaves some in both places. */
  takeBack: () => Promise<void>
  /** Bytes are those of the files: what is drained leaves by whole files. */
  waiting: () => { records: number; bytes: number; setAside: number }
  trouble: () => string | null
  close: () => Promise<void>
}

export interface SpoolOptions {
  dir: string
  /** Of the disk, at most; beyond it appends are refused. */
  maxBytes: number
  log?: LocalLogger | undefined
  files?: Files
}

const MIB = 1024 * 1024
/** A file goes when all of it is drained: small ones make room early. */
const MOST_SEGMENT_BYTES = 8 * MIB
const LEAST_SEGMENT_BYTES = 64 * 1024
const SEGMENTS = 16
/** kafkajs takes some 60 us to encode a record, and nobody is answered meanwhile. */
const BATCH_RECORDS = 250

/** @throws DataDirError  another process has the directory */
export async function openSpool({ dir, maxBytes, ...rest }: SpoolOptions): Promise<Spool> {
  const segmentBytes = Math.min(MOST_SEGMENT_BYTES, Math.max(LEAST_SEGMENT_BYTES, Math.floor(maxBytes / SEGMENTS)))
  const queue = await openLocalLog({ dir, segmentBytes, maxBytes, ...rest })
  const asideDir = path.join(dir, 'set-aside')
  const aside = await openLocalLog({ dir: asideDir, ...rest }).catch(async err => {
    await queue.close()
    throw err
  })
  const drained = await loadDrained(dir, queue)
  const asideFrom = await loadDrained(asideDir, aside) // what was taken back
  const cursor = queue.cursor(drained.offset())
  let read: StoredRecord[] = [] // not drained yet

  /** Bounded by what was there before: a record that is appended while the disk is read was not looked for. */
  async function next(): Promise<StoredRecord[]> {
    const end = queue.end()
    if (read.length === 0) read = await cursor.next()
    if (read.length === 0 && drained.offset() < end) {
      rest.log?.error(
        { alarm: 'spool-damaged', records: Number(end - drained.offset()) },
        'the end of the spool cannot be read, and is passed over'
      )
      await drained.move(end)
    }
    // a rest of a few costs as much as a batch
    return read.length < 1.5 * BATCH_RECORDS ? read : read.slice(0, BATCH_RECORDS)
  }

  /** What lies between two records is lost, or of a topic that is none of ours any more: nothing waits there. */
  async function forget(records: readonly StoredRecord[]): Promise<void> {
    const last = records.at(-1)
    if (!last) return
    read = read.filter(({ offset }) => offset > last.offset)
    await drained.move(last.offset + 1n)
    await queue.trim(last.offset + 1n)
  }

  const isDrained = () => drained.offset() >= queue.end()

  return {
    dir,
    append: queue.append,
    next,
    drained: forget,
    setAside: async record => aside.append([asRecord(record)]),
    takeBack: async () => {
      const set = aside.cursor(asideFrom.offset())
      for (let records = await set.next(); records.length > 0; records = await set.next()) {
        await queue.append(records.map(asRecord))
        await asideFrom.move((records.at(-1)?.offset ?? 0n) + 1n)
      }
      await set.close()
      await aside.trim(aside.end())
    },
    waiting: () => ({
      records: Math.max(0, Number(queue.end() - drained.offset())),
      bytes: isDrained() ? 0 : queue.sizeBytes(),
      setAside: Number(aside.end() - asideFrom.offset())
    }),
    trouble: queue.trouble,
    close: async () => {
      await cursor.close()
      await Promise.all([queue.close(), aside.close()])
    }
  }
}

/** All that we append has a key and a value. */
export function asRecord({ topic, key, value, headers }: StoredRecord): LogRecord {
  return { topic, key: key ?? '', value: value ?? Buffer.alloc(0), headers }
}

/** How far a spool is drained, kept beside its segments. */
export interface Drained {
  offset: () => Offset
  /** Not synced: a position that a power cut takes back only sends some records again. */
  move: (offset: Offset) => Promise<void>
}

/**
 * A position that is unreadable, of another log or beyond this one's end counts for nothing: all that is there is sent
 * again.
 */
export async function loadDrained(dir: string, queue: Pick<LocalLog, 'id' | 'end'>): Promise<Drained> {
  const id = await queue.id()
  const file = path.join(dir, 'drained')
  let offset = parse(await fs.readFile(file, 'utf8').catch(() => ''), id)
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

function parse(text: string, id: string): Offset {
  const [owner, digits = ''] = text.split(/[ \n]/)
  return owner === id && /^\d{1,16}$/.test(digits) && text.endsWith('\n') ? BigInt(digits) : 0n
}
