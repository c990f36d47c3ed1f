import { createHash } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type pg from 'pg'
import { migrationNames } from '../db/migrate.js'
import { inSnapshot, type Tx } from '../db/transaction.js'
import { BackupFileError } from '../errors.js'
import { syncDirectory } from '../lib/durable-file.js'
import { packageVersion } from '../lib/package-root.js'
import { FORMAT, type Header, headerLine, rowsOf, trailerLine } from './format.js'
import { KEPT_TABLES, type KeptTable } from './tables.js'

export interface WriteBackupOptions {
  pool: pg.Pool
  file: string
  /** Replaces an existing file. */
  force: boolean
  now: Date
  onStart?: (rows: number) => void
  onRows?: (rows: number) => void
  /** Stops the backup, and removes what was written. */
  signal?: AbortSignal
}

/**
 * Writes a backup of one snapshot in constant memory. The file gets its name once it is synced to the disk.
 * @throws BackupFileError  the file exists, or cannot be written
 */
export async function writeBackup(options: WriteBackupOptions): Promise<Header> {
  const { pool, file, force } = options
  const partial = `${file}.${process.pid}.partial`
  refuseExisting(file, force)
  try {
    const header = await inSnapshot(pool, tx => writeSnapshot(tx, partial, options))
    refuseExisting(file, force) // it may have been created meanwhile
    try {
      await rename(partial, file)
      syncDirectory(path.dirname(file))
    } catch (err) {
      throw writeError(file, err as NodeJS.ErrnoException) // node:fs throws these
    }
    return header
  } catch (err) {
    await rm(partial, { force: true })
    throw err
  }
}

async function writeSnapshot(
  tx: Tx,
  partial: string,
  { file, now, onStart, onRows, signal }: WriteBackupOptions
): Promise<Header> {
  const header: Header = {
    format: FORMAT,
    version: packageVersion(),
    migration: migrationNames().at(-1) ?? '',
    createdAt: now.toISOString(),
    tables: await countRows(tx)
  }
  onStart?.(rowsOf(header))
  const out = createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true }) // private: it says who called whom
  const text = trackFailure(backupText(tx, header, onRows))
  await pipeline(Readable.from(text.items), createGzip(), out, { ...(signal && { signal }) }).catch(err => {
    throw signal?.aborted || text.failed() ? err : writeError(file, err)
  })
  return header
}

async function* backupText(tx: Tx, header: Header, onRows: (rows: number) => void = () => {}): AsyncGenerator<string> {
  const digest = createHash('sha256')
  const hashed = (text: string) => {
    digest.update(text)
    return text
  }
  yield hashed(headerLine(header))
  for (const table of KEPT_TABLES) {
    for await (const lines of rowLines(tx, table)) {
      yield hashed(lines.map(line => `${line}\n`).join(''))
      onRows(lines.length)
    }
  }
  yield trailerLine({ rows: rowsOf(header), sha256: digest.digest('hex') })
}

async function countRows(tx: Tx): Promise<Header['tables']> {
  const tables: Header['tables'] = []
  for (const { name, columns } of KEPT_TABLES) {
    const {
      rows: [row]
    } = await tx.query<{ count: string }>(`select count(*) from ${name}`)
    tables.push({ name, columns: [...columns], rows: Number(row?.count ?? 0) })
  }
  return tables
}

function refuseExisting(file: string, force: boolean): void {
  if (!force && existsSync(file)) throw new BackupFileError(`${file} exists already: name another file, or add --force`)
}

function writeError(file: string, { code }: NodeJS.ErrnoException): Error {
  return new BackupFileError(`${file} cannot be written (${code})`)
}

/** Records whether the source of a pipeline has failed, which the error of a pipeline does not say. */
function trackFailure<T>(source: AsyncGenerator<T>): { items: AsyncGenerator<T>; failed: () => boolean } {
  let hasFailed = false
  async function* items() {
    try {
      yield* source
    } catch (err) {
      hasFailed = true
      throw err
    }
  }
  return { items: items(), failed: () => hasFailed }
}

/** The text of one page; a single row may have some megabytes. */
const PAGE_CHARACTERS = 4_000_000
const FIRST_PAGE = 16
const LARGEST_PAGE = 1000

/**
 * Reads the rows of a table in the order of its key, in pages of lines, with a cursor of the transaction. The number of
 * rows in a page assumes that all of them are as wide as the widest row so far.
 */
async function* rowLines(tx: Tx, { name, columns, key }: KeptTable): AsyncGenerator<string[]> {
  await tx.query(`declare rows_of_backup no scroll cursor for
    select '{"${name}":' || row_to_json(t)::text || '}' as line
    from (select ${columns.join(', ')} from ${name} order by ${key.join(', ')}) t`)
  let widest = PAGE_CHARACTERS / FIRST_PAGE
  for (let rows = FIRST_PAGE; ; ) {
    const page = await tx.query<{ line: string }>(`fetch ${rows} from rows_of_backup`)
    if (page.rows.length === 0) break
    yield page.rows.map(({ line }) => line)
    // halved for each page, so that a rare wide row has no lasting effect
    widest = Math.max(...page.rows.map(({ line }) => line.length), widest / 2)
    rows = Math.max(1, Math.min(LARGEST_PAGE, Math.floor(PAGE_CHARACTERS / widest)))
  }
  await tx.query('close rows_of_backup')
}
