import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { migrationNames } from '../db/migrate.js'
import { BackupFileError, DamagedBackupError } from '../errors.js'
import { type Header, parseHeader, parseTrailer, splitRow } from './format.js'

export interface ReadBackupOptions {
  file: string
  /** Called once, before any row. */
  onHeader?: (header: Header) => void
  /** Called with rows of one table as JSON, in the order of the file. */
  onRows?: RowSink
  signal?: AbortSignal
}

/**
 * Reads a backup from its first line to its last, in constant memory.
 * @throws BackupFileError     the file cannot be read
 * @throws DamagedBackupError  it is incomplete or was changed; `onRows` may have been called before that is known
 */
export async function readBackup({
  file,
  onHeader,
  onRows = async () => {},
  signal
}: ReadBackupOptions): Promise<Header> {
  const source = createReadStream(file)
  const text = createGunzip()
  source.on('error', (err: NodeJS.ErrnoException) =>
    text.destroy(new BackupFileError(`${file} cannot be read (${err.code})`))
  )
  source.pipe(text)
  try {
    const lines = linesIn(text)
    const header = await readHeader(lines)
    onHeader?.(header.header)
    await readRows(lines, header, onRows, signal)
    return header.header
  } catch (err) {
    throw isZlibError(err) ? new DamagedBackupError(`it cannot be decompressed (${err.code})`) : err
  } finally {
    source.destroy()
    text.destroy()
  }
}

interface ReadHeader {
  header: Header
  line: string
}

async function readHeader(lines: AsyncIterator<string>): Promise<ReadHeader> {
  const { value: line, done } = await lines.next()
  if (done) throw new DamagedBackupError('it is empty')
  return { header: parseHeader(line, migrationNames()), line }
}

async function readRows(
  lines: AsyncGenerator<string>,
  { header, line: first }: ReadHeader,
  onRows: RowSink,
  signal?: AbortSignal
): Promise<void> {
  const digest = createHash('sha256').update(`${first}\n`)
  const left = new Map(header.tables.map(({ name, rows }) => [name, rows]))
  const batches = createRowBatches(onRows)
  let rows = 0
  let isWhole = false
  for await (const line of lines) {
    signal?.throwIfAborted()
    if (isWhole) throw new DamagedBackupError('something follows its end')
    const trailer = parseTrailer(line)
    if (trailer) {
      if (digest.digest('hex') !== trailer.sha256) throw new DamagedBackupError('its digest does not match its content')
      if (trailer.rows !== rows || [...left.values()].some(count => count !== 0))
        throw new DamagedBackupError('rows are missing')
      isWhole = true
      continue
    }
    digest.update(`${line}\n`)
    const row = splitRow(line)
    if (!row) throw new DamagedBackupError('one of its lines is not a row')
    const count = left.get(row.table) ?? 0
    if (count === 0) throw new DamagedBackupError('it holds more rows than its header says')
    left.set(row.table, count - 1)
    rows++
    await batches.add(row.table, row.json)
  }
  if (!isWhole) throw new DamagedBackupError('it ends too early')
  await batches.end()
}

function isZlibError(err: unknown): err is Error & { code: string } {
  return err instanceof Error && 'code' in err && String(err.code).startsWith('Z_')
}

/** Far longer than the widest row, and still below the maximum length of a string. */
const LONGEST_LINE = 256 * 1024 * 1024

/**
 * Splits a stream of UTF-8 into lines.
 * @throws DamagedBackupError  the last line is not terminated, or a line is longer than LONGEST_LINE
 */
async function* linesIn(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      chunks.push(chunk.subarray(from, end))
      yield Buffer.concat(chunks).toString()
      chunks = []
      length = 0
      from = end + 1
    }
    chunks.push(chunk.subarray(from))
    length += chunk.length - from
    if (length > LONGEST_LINE) throw new DamagedBackupError('one of its lines is too long')
  }
  if (length > 0) throw new DamagedBackupError('it ends too early')
}

/** Receives rows of one table as JSON. */
type RowSink = (table: string, rows: readonly string[]) => Promise<void>

const BATCH_CHARACTERS = 1_000_000
const BATCH_ROWS = 500

interface RowBatches {
  add: (table: string, json: string) => Promise<void>
  /** Passes on the remaining rows. */
  end: () => Promise<void>
}

/** Collects rows until there are enough for one statement. */
function createRowBatches(sink: RowSink): RowBatches {
  let table = ''
  let rows: string[] = []
  let characters = 0
  async function flush(): Promise<void> {
    const [ready, readyTable] = [rows, table]
    rows = []
    characters = 0
    if (ready.length > 0) await sink(readyTable, ready)
  }
  return {
    add: async (name, json) => {
      if (name !== table) await flush()
      table = name
      rows.push(json)
      characters += json.length
      if (rows.length >= BATCH_ROWS || characters >= BATCH_CHARACTERS) await flush()
    },
    end: flush
  }
}
