import type pg from 'pg'
import type { RouteReader } from './route-reader.js'

/** What is read on its own. */
export interface CursorKey {
  account: string
  route: RouteReader['route']
  /** Null: all of the account. */
  scope: string | null
}

const LOAD = 'select read_until as "readUntil" from reconcile_cursors where account = $1 and route = $2 and scope = $3'
/** Two readers that race leave the later end: what lies before it was read by both. */
const MOVE = `insert into reconcile_cursors as c (account, route, scope, read_until, read_at) values ($1, $2, $3, $4, $5)
  on conflict (account, route, scope) do update set read_until = greatest(c.read_until, excluded.read_until), read_at = greatest(c.read_at, excluded.read_at)`

/** Up to when it was read in full; null: never. */
export async function loadCursor(pool: pg.Pool, key: CursorKey): Promise<Date | null> {
  const {
    rows: [row]
  } = await pool.query<{ readUntil: Date }>(LOAD, partsOf(key))
  return row?.readUntil ?? null
}

/** To be told once all that was read is in the log. */
export async function moveCursor(
  pool: pg.Pool,
  key: CursorKey,
  { until, now }: { until: Date; now: Date }
): Promise<void> {
  await pool.query(MOVE, [...partsOf(key), until, now])
}

const partsOf = ({ account, route, scope }: CursorKey) => [account, route, scope ?? '']
