import type pg from 'pg'
import type { RouteReader } from './route-reader.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/**
 * How often a route is read: while there is traffic, while there is none, and while it has something to tell that is
 * known to be (awaited.ts).
 */
interface Pace {
  busyMs: number
  quietMs: number
  awaitedMs?: number
}

/**
 * With three users' keys and sixty calls, some 900 requests of a day without a pause, of the 2,500 that MightyCall
 * allows; 1,300 when something is awaited all day.
 * The journal leads: messages are nowhere else, and nothing announces them.
 */
const PACES: Record<RouteReader['route'], Pace> = {
  calls: { busyMs: 30 * MINUTE_MS, quietMs: HOUR_MS, awaitedMs: 4.5 * MINUTE_MS },
  journal: { busyMs: 4.5 * MINUTE_MS, quietMs: 15 * MINUTE_MS },
  voicemails: { busyMs: HOUR_MS, quietMs: 2 * HOUR_MS, awaitedMs: 4.5 * MINUTE_MS },
  presence: { busyMs: 15 * MINUTE_MS, quietMs: HOUR_MS },
  contacts: { busyMs: 30 * MINUTE_MS, quietMs: 2 * HOUR_MS },
  numbers: { busyMs: 12 * HOUR_MS, quietMs: 24 * HOUR_MS },
  extensions: { busyMs: 12 * HOUR_MS, quietMs: 24 * HOUR_MS }
}

/** After the last sign of life an account counts as busy for so long. */
export const BUSY_FOR_MS = 30 * MINUTE_MS

export interface DueOptions {
  route: RouteReader['route']
  /** Null: never. */
  lastReadAt: Date | null
  /** When the account's last webhook came, or REST told something new. Null: never. */
  lastTrafficAt: Date | null
  isAwaited: boolean
  now: Date
}

/** Whether a route is to be read now: often after traffic or when something is awaited of it, seldom at night. */
export function isDue({ route, lastReadAt, lastTrafficAt, isAwaited, now }: DueOptions): boolean {
  if (lastReadAt === null) return true
  const isBusy = lastTrafficAt !== null && now.getTime() - lastTrafficAt.getTime() < BUSY_FOR_MS
  const { busyMs, quietMs, awaitedMs } = PACES[route]
  const usualMs = isBusy ? busyMs : quietMs
  return now.getTime() - lastReadAt.getTime() >= (isAwaited ? (awaitedMs ?? usualMs) : usualMs)
}

/** What changes long after it happened: what is read, removed, or put right by hand. */
const CHANGING: ReadonlySet<RouteReader['route']> = new Set(['journal', 'voicemails'])
const LOOK_BACK_EVERY_MS = 4 * HOUR_MS
const LOOK_BACK_MS = 3 * 24 * HOUR_MS

/**
 * How far back a reading goes: as far as usual, but every few hours far enough for what has changed meanwhile. Null: as
 * usual.
 */
export function lookBackMs(route: RouteReader['route'], lastLookedBackAt: Date | null, now: Date): number | null {
  const isTime = lastLookedBackAt === null || now.getTime() - lastLookedBackAt.getTime() >= LOOK_BACK_EVERY_MS
  return isTime && CHANGING.has(route) ? LOOK_BACK_MS : null
}

export interface AwaitedOptions {
  account: string
  now: Date
}

/** After its last sign of life a call may be in the list. */
const SOON = '3 minutes'
/** What is not told so long after it happened comes with the next usual reading, or never. */
const PATIENCE = '1 hour'
const LONGEST_CALL = '12 hours'

const AWAITED = `select
  exists (select from held_calls where account = $1 and started_at > $2::timestamptz - interval '${LONGEST_CALL}')
  or exists (select from call_history c where account = $1 and started_at between $2::timestamptz - interval '${LONGEST_CALL}' and $2
    and last_event_at > $2::timestamptz - interval '${PATIENCE}' and (state = 'ended' or last_event_at < $2::timestamptz - interval '${SOON}')
    and not exists (select from events e where e.account = c.account and e.kind = 'call' and e.entity = c.call_id and e.type = 'call.reported' and e.fields ->> 'route' = 'calls')) as calls,
  exists (select from call_history c where account = $1 and outcome = 'voicemail' and started_at between $2::timestamptz - interval '${LONGEST_CALL}' and $2 and ended_at > $2::timestamptz - interval '${PATIENCE}'
    and not exists (select from voicemail_logs v where v.account = c.account and v.call_id = c.call_id and v.transcript_state is not null)) as voicemails`

/**
 * The routes that have something to tell of what is known already: of a call that ended its report, of one with a
 * voicemail that, and its transcript.
 * To ask them only then leaves the requests to those that nothing announces, such as messages.
 */
export async function loadAwaitedRoutes(
  pool: pg.Pool,
  { account, now }: AwaitedOptions
): Promise<ReadonlySet<RouteReader['route']>> {
  const {
    rows: [row]
  } = await pool.query<{ calls: boolean; voicemails: boolean }>(AWAITED, [account, now])
  return new Set<RouteReader['route']>([
    ...(row?.calls ? ['calls' as const] : []),
    ...(row?.voicemails ? ['voicemails' as const] : [])
  ])
}
