import type pg from 'pg'
import { LOCK_CLASSES } from '../../db/advisory-locks.js'
import { inTransaction } from '../../db/transaction.js'
import { BackfillRunningError } from '../../errors.js'
import type { Interval } from '../route-reader.js'
import { BACKFILL_ROUTES, type Backfill, type BackfillRoute, type Waiting } from './backfill.js'

export interface BackfillRequest {
  account: string
  interval: Interval
  /** The end that was asked for, which may be later than that of the interval; null when none was. */
  requestedUntil: Date | null
}

/** `joined`: it was running already. `resumed`: it had failed or was stopped, and continues where it was. */
export type BeginOutcome = 'begun' | 'joined' | 'resumed'

interface BackfillRow extends Omit<Backfill, 'interval' | 'waiting' | 'failed'> {
  since: Date
  until: Date
  waitsFor: string | null
  waitsUntil: Date | null
  failedCode: string | null
  failedReason: string | null
}

const COLUMNS = `id, account, since, until, state, started_at as "startedAt", finished_at as "finishedAt",
  waits_for as "waitsFor", waits_until as "waitsUntil", failed_code as "failedCode", failed_reason as "failedReason"`
const LOCK = 'select pg_advisory_xact_lock($1, hashtext($2))'

/** The backfill that is running, or else the newest one of the same interval. */
const SAME = `select id, state, since = $2 and until_asked is not distinct from $3 as "isSame" from backfills
  where account = $1 and (state = 'running' or (since = $2 and until_asked is not distinct from $3))
  order by (state = 'running') desc, id desc limit 1`
const BEGIN = `insert into backfills (account, since, until, until_asked, state, started_at)
  values ($1, $2, $3, $4, 'running', $5) returning id`
const BEGIN_ROUTES = `insert into backfill_routes (backfill_id, route, read_from, rows, requests)
  select $1, route, $2, 0, 0 from unnest($3::text[]) route`
const RESUME = `update backfills
  set state = 'running', finished_at = null, failed_code = null, failed_reason = null where id = $1`
/** A backfill that has ended is not changed. */
const END = `update backfills
  set state = $2, finished_at = $3, failed_code = $4, failed_reason = $5, waits_for = null, waits_until = null
  where id = $1 and state = 'running'`
const WAIT = 'update backfills set waits_for = $2, waits_until = $3 where id = $1'
const READ = 'update backfill_routes set read_from = $3, rows = rows + $4 where backfill_id = $1 and route = $2'
const REQUESTED = 'update backfill_routes set requests = requests + 1 where backfill_id = $1 and route = $2'

/** @throws BackfillRunningError  another interval of the account is being read */
export async function beginBackfill(
  pool: pg.Pool,
  { account, interval, requestedUntil }: BackfillRequest,
  now: Date
): Promise<{ id: string; outcome: BeginOutcome }> {
  return inTransaction(pool, async tx => {
    await tx.query(LOCK, [LOCK_CLASSES.backfills, account])
    const {
      rows: [known]
    } = await tx.query<{ id: string; state: Backfill['state']; isSame: boolean }>(SAME, [
      account,
      interval.from,
      requestedUntil
    ])
    if (known?.state === 'running' && !known.isSame) throw new BackfillRunningError()
    if (known?.state === 'running') return { id: known.id, outcome: 'joined' }
    if (known && known.state !== 'done') {
      await tx.query(RESUME, [known.id])
      return { id: known.id, outcome: 'resumed' }
    }
    const {
      rows: [begun]
    } = await tx.query<{ id: string }>(BEGIN, [account, interval.from, interval.until, requestedUntil, now])
    const id = begun?.id ?? ''
    await tx.query(BEGIN_ROUTES, [id, interval.until, BACKFILL_ROUTES])
    return { id, outcome: 'begun' }
  })
}

/** Ends a backfill, unless it has ended already. */
export async function endBackfill(
  pool: pg.Pool,
  id: string,
  { state, now, failed = null }: { state: 'done' | 'failed' | 'stopped'; now: Date; failed?: Backfill['failed'] }
): Promise<void> {
  await pool.query(END, [id, state, now, failed?.code ?? null, failed?.message ?? null])
}

export async function saveWaiting(pool: pg.Pool, id: string, waiting: Waiting | null): Promise<void> {
  await pool.query(WAIT, [id, waiting?.code ?? null, waiting?.until ?? null])
}

export async function saveProgress(
  pool: pg.Pool,
  id: string,
  { route, readFrom, rows }: Omit<BackfillRoute, 'requests'>
): Promise<void> {
  await pool.query(READ, [id, route, readFrom, rows])
}

export async function countRequest(pool: pg.Pool, id: string, route: BackfillRoute['route']): Promise<void> {
  await pool.query(REQUESTED, [id, route])
}

export interface BackfillFilter {
  ids?: readonly string[]
  accounts?: readonly string[]
  states?: readonly Backfill['state'][]
}

/** The newest hundred, newest first. */
export async function loadBackfills(
  pool: pg.Pool,
  { ids, accounts, states }: BackfillFilter = {}
): Promise<Backfill[]> {
  const { rows } = await pool.query<BackfillRow>(
    `select ${COLUMNS}, (
      select json_agg(json_build_object('route', route, 'readFrom', read_from, 'rows', rows, 'requests', requests))
      from backfill_routes r where r.backfill_id = b.id
    ) as routes
    from backfills b
    where ($1::bigint[] is null or id = any($1)) and ($2::text[] is null or account = any($2))
      and ($3::text[] is null or state = any($3))
    order by id desc limit 100`,
    [ids ?? null, accounts ?? null, states ?? null]
  )
  return rows.map(toBackfill)
}

function toBackfill({
  since,
  until,
  waitsFor,
  waitsUntil,
  failedCode,
  failedReason,
  routes,
  ...row
}: BackfillRow): Backfill {
  return {
    ...row,
    interval: { from: since, until },
    waiting: waitsFor === null ? null : { code: waitsFor, until: waitsUntil },
    failed: failedCode === null ? null : { code: failedCode, message: failedReason ?? '' },
    routes: routes
      .map(route => ({ ...route, readFrom: new Date(route.readFrom) })) // a string in JSON
      .sort((a, b) => BACKFILL_ROUTES.indexOf(a.route) - BACKFILL_ROUTES.indexOf(b.route))
  }
}
