import type pg from 'pg'
import { LOCKS } from './advisory-locks.js'
import { bulkValues, columnList, columnsOf, unnestSql } from './bulk-sql.js'
import { type CHANGE_KINDS, changes as table } from './schema/changes.js'
import type { Tx } from './transaction.js'

export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** An object that has changed, or with the kind `reset` everything of an account. */
export interface Change {
  /** '' when the change concerns no single account. */
  account: string
  kind: ChangeKind
  object: string
}

export interface NumberedChange extends Change {
  number: number
}

/** The channel of notifications, without payload, of committed changes. */
export const CHANGES_CHANNEL = 'mightycall_stream_changes'

/** The name of a gap in `changes`. An id may contain spaces, a kind never does. */
export const gapObject = ({ kind, entity }: { kind: string; entity: string }): string => `${kind} ${entity}`

const columns = columnsOf(table, 'account', 'kind', 'object')

/**
 * A single round trip, since all other writers wait for it. The join returns no row before the lock is held, and rows
 * are numbered after the join. The lock is released after the commit is visible. Therefore a reader that sees a number
 * also sees all lower ones.
 */
const WRITE = `with written as (
    insert into changes (${columnList(columns)}, changed_at)
    select u.*, clock_timestamp() from pg_advisory_xact_lock($1), ${unnestSql(columns, 2)} returning number
  ) select pg_notify('${CHANGES_CHANNEL}', '') from (select from written limit 1) w`

/**
 * Announces to all processes what a transaction has changed. It must be the last statement before the commit, since it
 * blocks all other writers until then. The time of a change is that of Postgres, which all writers share; it only
 * determines how long the change is kept.
 */
export async function writeChanges(tx: Tx, changes: readonly Change[]): Promise<void> {
  if (changes.length > 0) await tx.query(WRITE, [LOCKS.changes, ...bulkValues(columns, changes)])
}

const NEWEST = 'select number::float8 from changes order by number desc limit 1'
const FROM = 'select number::float8, account, kind, object from changes where number >= $1 order by number limit $2'

/** The number of the newest change; 0 when there is none. */
export async function newestChange(pool: pg.Pool): Promise<number> {
  const {
    rows: [row]
  } = await pool.query<{ number: number }>(NEWEST)
  return row?.number ?? 0
}

/**
 * Up to `limit` changes after this number, in commit order.
 * @returns null when the number is not in the table, since it was removed or belongs to another database
 */
export async function changesAfter(pool: pg.Pool, number: number, limit: number): Promise<NumberedChange[] | null> {
  const { rows } = await pool.query<NumberedChange>(FROM, [number, limit + 1])
  const [first, ...rest] = rows
  // a reader that has seen no change yet
  if (number === 0) return first && first.number > 1 ? null : rows.slice(0, limit)
  return first?.number === number ? rest : null
}

const MAX_AGE = "interval '1 hour'"

/** Keeps the newest of the old changes: a reader that has seen it can continue with the first change that is kept. */
const SWEEP = `delete from changes where number in (
    select number from changes where number < (
      select number from changes where changed_at < clock_timestamp() - ${MAX_AGE}
      order by changed_at desc, number desc limit 1
    )
    order by number limit $1)`

const SWEEP_SIZE = 5_000

/** Deletes changes that are older than an hour, in short statements. */
export async function sweepChanges(pool: pg.Pool, size = SWEEP_SIZE): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(SWEEP, [size])
    if ((rowCount ?? 0) < size) return
  }
}
