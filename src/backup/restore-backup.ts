import type pg from 'pg'
import { inTransaction, type Tx } from '../db/transaction.js'
import { DamagedBackupError, NotEmptyError } from '../errors.js'
import { isPoison } from '../lib/sqlstate.js'
import type { Header } from './format.js'
import { readBackup } from './read-backup.js'
import { KEPT_TABLES, keptTable, REBUILT_TABLES } from './tables.js'

export interface RestoreOptions {
  pool: pg.Pool
  /** One that was read to its end before: nothing is written from one that is not whole. */
  file: string
  onStart?: (header: Header) => void
  onRows?: (rows: number) => void
  signal?: AbortSignal
}

/**
 * Fills an empty database in one transaction: all of the backup, or nothing. Its read models are still to be rebuilt.
 * @throws NotEmptyError       something is there already
 * @throws DamagedBackupError  the file is not whole, or a row of it is none
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
    await tx.query('delete from checkpoints') // a service that has been started notes that it has projected nothing
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
    for (const { name, identity } of KEPT_TABLES) if (identity) await countOn(tx, name, identity)
    return header
  }).catch((err: unknown) => {
    throw isPoison(err) ? new DamagedBackupError('a row of it is none') : err
  })
}

/** What is no hindrance: that a service has projected nothing yet, and how far it has come with a rebuild. */
const UNIMPORTANT: Readonly<Record<string, string>> = { checkpoints: 'last_offset < 0', rebuilds: 'true' }

/** A projector beside it waits, at its checkpoint, and then finds what was restored. */
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
      `select exists (select from ${name} where not (${UNIMPORTANT[name] ?? 'false'}))`
    )
    if (row?.exists) filled.push(name)
  }
  if (filled.length > 0) throw new NotEmptyError(filled.join(', '))
}

/**
 * Columns that a newer schema has besides get their defaults. The names are of our own tables: the header was compared
 * with them.
 */
async function insertRows(
  tx: Tx,
  { table, columns, json }: { table: string; columns: readonly string[]; json: string }
): Promise<void> {
  if (!keptTable(table)) throw new DamagedBackupError('it holds a table that there is not')
  const names = columns.join(', ')
  const rows = `rows as materialized (select ${names} from json_populate_recordset(null::${table}, $1::json))`
  const insert = `insert into ${table} (${names}) overriding system value select ${names} from rows`
  // A rebuild walks the entities: each that has events needs its row.
  await tx.query(
    table === 'events' ? `with ${rows}, stored as (${insert}) ${INSERT_ENTITIES}` : `with ${rows} ${insert}`,
    [json]
  )
}

const INSERT_ENTITIES =
  'insert into entities (account, kind, entity, fold_version) select distinct account, kind, entity, 0 from rows on conflict do nothing'

/** What comes next is numbered after what was restored. */
async function countOn(tx: Tx, table: string, column: string): Promise<void> {
  await tx.query(
    `select setval(pg_get_serial_sequence($1, $2), coalesce(max(${column}), 0) + 1, false) from ${table}`,
    [table, column]
  )
}
