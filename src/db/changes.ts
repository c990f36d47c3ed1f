import type pg from 'pg'
import { LOCKS } from './advisory-locks.js'
import { arraysOf, type Columns, unnest } from './bulk-sql.js'
import type { CHANGE_KINDS } from './schema/changes.js'
import type { Tx } from './transaction.js'

export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** An object that is another now, or all of an account with the kind `reset`. */
export interface Change {
  /** '': of no single account. */
  account: string
  kind: ChangeKind
  object: string
}

export interface NumberedChange extends Change {
  number: number
}

/** Notified, without a payload, when changes are committed. */
export const CHANGES_CHANNEL = 'mightycall_stream_changes'

/** The name of a gap in `changes`. An id may contain spaces, a kind never does. */
export const gapObject = ({ kind, entity }: { kind: string; entity: string }): string => `${kind} ${entity}`

const columns: Columns<Change> = {
  account: { type: 'text', of: change => change.account },
  kind: { type: 'text', of: change => change.kind },
  object: { type: 'text', of: change => change.object }
}

/**
 * One round trip, since all other writers wait for it. No row leaves the join before the lock is held, and numbers are
 * given to rows
 * that have left it; the lock goes after the commit can be seen. So whoever sees a number sees all that is below it.
 */
const WRITE = `with written as (
    insert into changes (${Object.keys(columns).join(', ')}, changed_at) select u.*, clock_timestamp() from pg_advisory_xact_lock($1), ${unnest(columns, 2)} returning number
  ) select pg_notify('${CHANGES_CHANNEL}', '') from (select from written limit 1) w`

/**
 * Tells all processes what a transaction has changed. The last thing that it does: until its commit no other one can do
 * so.
 * When it happened is Postgres' time, which all writers share: how long a change is kept is a matter of connections,
 * not of calls.
 */
export async function writeChanges(tx: Tx, changes: readonly Change[]): Promise<void> {
  if (changes.length > 0) await tx.query(WRITE, [LOCKS.changes, ...arraysOf(columns, changes)])
}

const NEWEST = 'select number::float8 from changes order by number desc limit 1'
const FROM = 'select number::float8, account, kind, object from changes where number >= $1 order by number limit $2'

/** 0: there are none. */
export async function newestChange(pool: pg.Pool): Promise<number> {
  const {
    rows: [row]
  } = await pool.query<{ number: number }>(NEWEST)
  return row?.number ?? 0
}

/**
 * Up to so many changes after this one, in the order of their commits.
 * @returns null when the table does not hold it: it was swept, or belongs to another database
 */
export async function changesAfter(pool: pg.Pool, number: number, limit: number): Promise<NumberedChange[] | null> {
  const { rows } = await pool.query<NumberedChange>(FROM, [number, limit + 1])
  const [first, ...rest] = rows
  if (number === 0) return first && first.number > 1 ? null : rows.slice(0, limit) // before the first one ever
  return first?.number === number ? rest : null
}

const KEPT = "interval '1 hour'"

/** The newest of the old ones stays: whoever has seen it has missed nothing that is kept. */
const SWEEP = `delete from changes where number in (
    select number from changes where number < (select number from changes where changed_at < clock_timestamp() - ${KEPT} order by changed_at desc, number desc limit 1)
    order by number limit $1)`

const SWEPT_AT_ONCE = 5_000

/** Removes changes that are older than an hour, in short statements. */
export async function sweepChanges(pool: pg.Pool, atOnce = SWEPT_AT_ONCE): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(SWEEP, [atOnce])
    if ((rowCount ?? 0) < atOnce) return
  }
}
