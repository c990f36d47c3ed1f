import type pg from 'pg'

/** A route, or one scope of it, that has a cursor. */
export interface CursorKey {
  account: string
  route: string
  /** Null for the whole account. */
  scope: string | null
}

const LOAD = 'select read_until as "readUntil" from reconcile_cursors where account = $1 and route = $2 and scope = $3'
/** Of two racing readers the later end stays: what lies before it was read by both. */
const MOVE = `insert into reconcile_cursors as c (account, route, scope, read_until, read_at)
  values ($1, $2, $3, $4, $5)
  on conflict (account, route, scope) do update set
    read_until = greatest(c.read_until, excluded.read_until), read_at = greatest(c.read_at, excluded.read_at)`

/** The time up to which the route was read in full, or null when it was never read. */
export async function loadCursor(pool: pg.Pool, key: CursorKey): Promise<Date | null> {
  const {
    rows: [row]
  } = await pool.query<{ readUntil: Date }>(LOAD, parametersOf(key))
  return row?.readUntil ?? null
}

/** To be called once everything that was read is in the log. */
export async function moveCursor(
  pool: pg.Pool,
  key: CursorKey,
  { until, now }: { until: Date; now: Date }
): Promise<void> {
  await pool.query(MOVE, [...parametersOf(key), until, now])
}

const parametersOf = ({ account, route, scope }: CursorKey) => [account, route, scope ?? '']
