import type pg from 'pg'
import { inTransaction, type Tx } from '../db/transaction.js'
import { DamagedBackupError, NotEmptyError } from '../errors.js'
import { isDataError } from '../lib/sqlstate.js'
import type { Header } from './format.js'
import { readBackup } from './read-backup.js'
import { findKeptTable, KEPT_TABLES, REBUILT_TABLES } from './tables.js'

export interface RestoreOptions {
  pool: pg.Pool
  /** A file that was read to its end before, so that nothing is written from an incomplete one. */
  file: string
  onStart?: (header: Header) => void
  onRows?: (rows: number) => void
  signal?: AbortSignal
}

/**
 * Fills an empty database from the backup in one transaction. The read models have to be rebuilt afterwards.
 * @throws NotEmptyError       the database is not empty
 * @throws DamagedBackupError  the file is incomplete, or Postgres refuses one of its rows
 */
export async function restoreBackup({
  pool,
  file,
  onStart,
  onRows = () => {},
  signal
}: RestoreOptions): Promise<Header> {
  return inTransaction(pool, async tx => {
    await lockTables(tx)
    await refuseUnlessEmpty(tx)
    await tx.query('delete from checkpoints') // a started service has stored that it has projected nothing
    const columns = new Map<string, readonly string[]>()
    const header = await readBackup({
      file,
      ...(signal && { signal }),
      onHeader: header => {
        for (const table of header.tables) columns.set(table.name, table.columns)
        onStart?.(header)
      },
      onRows: async (table, rows) => {
        await insertRows(tx, { table, columns: columns.get(table) ?? [], json: `[${rows.join(',')}]` })
        onRows(rows.length)
      }
    })
    for (const { name, identity } of KEPT_TABLES) if (identity) await continueIdentity(tx, name, identity)
    return header
  }).catch((err: unknown) => {
    throw isDataError(err) ? new DamagedBackupError('Postgres refuses one of its rows') : err
  })
}

/** Rows that an empty database may have: checkpoints of a service that has projected nothing, progress of rebuilds. */
const IGNORED_ROWS: Readonly<Record<string, string>> = { checkpoints: 'last_offset < 0', rebuilds: 'true' }

/** A projector that runs meanwhile waits for its checkpoint, and then finds the restored one. */
async function lockTables(tx: Tx): Promise<void> {
  await tx.query('lock table checkpoints in exclusive mode')
  await tx.query(`lock table ${['entities', ...KEPT_TABLES.map(({ name }) => name)].join(', ')} in exclusive mode`)
}

async function refuseUnlessEmpty(tx: Tx): Promise<void> {
  const filled: string[] = []
  for (const name of [...KEPT_TABLES.map(table => table.name), ...REBUILT_TABLES]) {
    const {
      rows: [row]
    } = await tx.query<{ exists: boolean }>(
      `select exists (select from ${name} where not (${IGNORED_ROWS[name] ?? 'false'}))`
    )
    if (row?.exists) filled.push(name)
  }
  if (filled.length > 0) throw new NotEmptyError(filled.join(', '))
}

/**
 * Columns that only a newer schema has get their defaults. The names are safe in SQL: the header was compared with the
 * schema.
 */
async function insertRows(
  tx: Tx,
  { table, columns, json }: { table: string; columns: readonly string[]; json: string }
): Promise<void> {
  if (!findKeptTable(table)) throw new DamagedBackupError('it holds a table that does not exist')
  const names = columns.join(', ')
  const rows = `rows as materialized (select ${names} from json_populate_recordset(null::${table}, $1::json))`
  const insert = `insert into ${table} (${names}) overriding system value select ${names} from rows`
  // a rebuild walks the table entities, so that each entity with events needs its row
  await tx.query(
    table === 'events' ? `with ${rows}, stored as (${insert}) ${INSERT_ENTITIES}` : `with ${rows} ${insert}`,
    [json]
  )
}

const INSERT_ENTITIES = `insert into entities (account, kind, entity, fold_version)
  select distinct account, kind, entity, 0 from rows on conflict do nothing`

/** New rows are numbered after the restored ones. */
async function continueIdentity(tx: Tx, table: string, column: string): Promise<void> {
  await tx.query(
    `select setval(pg_get_serial_sequence($1, $2), coalesce(max(${column}), 0) + 1, false) from ${table}`,
    [table, column]
  )
}
