import type pg from 'pg'

interface Leg {
  call_id: string
  extension: string
  role: string
  ringing_at: Date | null
  connected_at: Date | null
  ended_at: Date | null
  call_started_at: Date
  call_last_event_at: Date
}

interface Span {
  extension: string
  since: Date
  until: Date | null
  presence: string
}

/** The status of one agent, as GET /v1/agents shows it. */
export interface RecountedStatus {
  status: string
  since: number | null
  calls: string[]
  /** Whether an open leg is not counted because of newer evidence. */
  isInferred: boolean
}

const STALE_MS = 4 * 3_600_000
const MAX_RING_MS = 120_000

/** Reads the rows from which `recountStatus` computes the status of the agents of an account. */
export async function statusRows(pool: pg.Pool, account: string) {
  const { rows: legs } = await pool.query<Leg>(
    `select l.*, c.started_at as call_started_at, c.last_event_at as call_last_event_at
    from call_legs l join call_history c using (account, call_id) where account = $1`,
    [account]
  )
  const { rows: spans } = await pool.query<Span>('select * from agent_presence where account = $1', [account])
  return { legs, spans }
}

/**
 * Computes the status of an agent at an instant from the definition: it looks at the status of every moment before it,
 * one after the other, until the status is another one.
 */
export function recountStatus(
  { legs, spans }: { legs: readonly Leg[]; spans: readonly Span[] },
  { extension, instant }: { extension: string; instant: number }
): RecountedStatus {
  const known = legs
    .filter(leg => leg.extension === extension && beginOf(leg) <= instant)
    .map(leg => ({ leg, ...endOf(leg, legs, instant) }))
  const own = spans.filter(span => span.extension === extension)
  const statusAt = (at: number) => {
    const open = known.filter(({ leg, end }) => beginOf(leg) <= at && at < end)
    const talks = open.some(({ leg }) => leg.connected_at !== null && leg.connected_at.getTime() <= at)
    if (talks) return 'on_call'
    if (open.some(({ leg }) => leg.role === 'dialer')) return 'dialing'
    if (open.length > 0) return 'ringing'
    return (
      own.find(span => span.since.getTime() <= at && at < (span.until?.getTime() ?? Infinity))?.presence ?? 'unknown'
    )
  }
  const status = statusAt(instant)
  const moments = [
    ...known.flatMap(({ leg, end }) => [leg.ringing_at?.getTime(), leg.connected_at?.getTime(), end]),
    ...own.flatMap(span => [span.since.getTime(), span.until?.getTime()])
  ].filter((at): at is number => at !== undefined && at <= instant)
  const isIdle = !['on_call', 'dialing', 'ringing'].includes(status)
  const endsOfUnknownLegs = legs
    .filter(leg => leg.extension === extension && beginOf(leg) === Infinity)
    .flatMap(leg => leg.ended_at?.getTime() ?? [])
  let since: number | null = null
  for (const moment of [...moments, ...endsOfUnknownLegs.filter(at => at <= instant)].sort((a, b) => b - a)) {
    if (statusAt(moment) !== status) break
    since = moment
    // The agent was busy just before, although it is unknown since when.
    if (isIdle && endsOfUnknownLegs.includes(moment)) break
  }
  const open = known.filter(({ end }) => end > instant)
  return {
    status,
    since: status === 'unknown' ? null : since,
    calls: [...new Set(open.map(({ leg }) => leg.call_id))].sort(),
    isInferred: known.some(({ isSuperseded }) => isSuperseded)
  }
}

function beginOf({ ringing_at, connected_at }: Leg): number {
  return (ringing_at ?? connected_at)?.getTime() ?? Infinity
}

/** When a leg ended as far as that can be known at the instant; infinity when it is open. */
function endOf(leg: Leg, legs: readonly Leg[], instant: number): { end: number; isSuperseded: boolean } {
  const before = (at: Date | null) => (at !== null && at.getTime() <= instant ? at.getTime() : null)
  const ended = before(leg.ended_at)
  if (ended !== null) return { end: ended, isSuperseded: false }
  const signs = legs
    .filter(other => other.call_id === leg.call_id)
    .flatMap(other => [other.ringing_at, other.connected_at, other.ended_at])
  const lastSign = Math.max(
    ...[leg.call_started_at, leg.call_last_event_at, ...signs].map(at => before(at) ?? Number.NEGATIVE_INFINITY)
  )
  if (instant - lastSign > STALE_MS) return { end: lastSign + STALE_MS, isSuperseded: false }
  const connected = before(leg.connected_at)
  const replaced = legs
    .filter(other => other.extension === leg.extension && other.call_id !== leg.call_id && leg.ended_at === null)
    .filter(other => (before(other.connected_at) ?? Number.NEGATIVE_INFINITY) > (connected ?? beginOf(leg)))
    .flatMap(other => before(other.ended_at) ?? [])
    .map(at => (connected === null && leg.role === 'agent' ? Math.max(at, beginOf(leg) + MAX_RING_MS) : at))
  const first = Math.min(...replaced)
  return first <= instant ? { end: first, isSuperseded: true } : { end: Infinity, isSuperseded: false }
}
