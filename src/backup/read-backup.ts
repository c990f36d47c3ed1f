import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { migrationNames } from '../db/migrate.js'
import { BackupFileError, DamagedBackupError } from '../errors.js'
import { type Header, parseHeader, parseTrailer, splitRow } from './format.js'
import { linesIn } from './lines.js'
import { createRowBatches, type RowSink } from './row-batches.js'

export interface ReadBackupOptions {
  file: string
  /** Once, before any row. */
  onHeader?: (header: Header) => void
  /** Given the rows of one table as JSON, in the order of the file. */
  onRows?: RowSink
  signal?: AbortSignal
}

/**
 * Reads a backup from its first line to its last, in constant memory.
 * @throws BackupFileError     the file cannot be read
 * @throws DamagedBackupError  it is not whole, or not what was written; rows may have been given to `onRows` by then
 */
export async function readBackup ({ file, onHeader, onRows = async () => {}, signal }: ReadBackupOptions): Promise<Header> {
  const source = createReadStream(file)
  const text = createGunzip()
  source.on('error', (err: NodeJS.ErrnoException) => text.destroy(new BackupFileError(`${file} cannot be read (${err.code})`)))
  source.pipe(text)
  try {
    const lines = linesIn(text)
    const header = await readHeader(lines)
    onHeader?.(header.header)
    await readRows(lines, header, onRows, signal)
    return header.header
  } catch (err) {
    throw isOfZlib(err) ? new DamagedBackupError(`it cannot be unpacked (${err.code})`) : err
  } finally {
    source.destroy()
    text.destroy()
  }
}

interface ReadHeader {
  header: Header
  line: string
}

async function readHeader (lines: AsyncIterator<string>): Promise<ReadHeader> {
  const { value: line, done } = await lines.next()
  if (done) throw new DamagedBackupError('it is empty')
  return { header: parseHeader(line, migrationNames()), line }
}

async function readRows (lines: AsyncGenerator<string>, { header, line: first }: ReadHeader, onRows: RowSink, signal?: AbortSignal): Promise<void> {
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
      if (digest.digest('hex') !== trailer.sha256) throw new DamagedBackupError('its digest is not that of what it holds')
      if (trailer.rows !== rows || [...left.values()].some(count => count !== 0)) throw new DamagedBackupError('rows are missing')
      isWhole = true
      continue
    }
    digest.update(`${line}\n`)
    const row = splitRow(line)
    if (!row) throw new DamagedBackupError('a line of it is no row')
    const count = left.get(row.table) ?? 0
    if (count === 0) throw new DamagedBackupError('it holds more rows than it says')
    left.set(row.table, count - 1)
    rows++
    await batches.add(row.table, row.json)
  }
  if (!isWhole) throw new DamagedBackupError('it ends too early')
  await batches.end()
}

function isOfZlib (err: unknown): err is Error & { code: string } {
  return err instanceof Error && 'code' in err && String(err.code).startsWith('Z_')
}
