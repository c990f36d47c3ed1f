import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'

/**
 * A call that has not ended is stale when its last event is older than this: its end was probably missed. Staleness
 * depends on the present, so it is computed by every query and never stored. All queries use the predicates below.
 */
export const STALE_SECONDS = 4 * 60 * 60

/** The columns that staleness depends on. */
export interface OpenCallColumns {
  state: SQLWrapper
  lastEventAt: SQLWrapper
}

const staleAfter = sql.raw(`interval '${STALE_SECONDS} seconds'`)

export function isStale(call: { state: string; lastEventAt: Date }, now: Date): boolean {
  return call.state !== 'ended' && now.getTime() - call.lastEventAt.getTime() > STALE_SECONDS * 1000
}

/** Returns the condition that a call has not ended and is not stale at the instant. */
export function isInProgress({ state, lastEventAt }: OpenCallColumns, instant: SQL): SQL {
  return sql`(${state} <> 'ended' and ${isAlive(lastEventAt, instant)})`
}

/** Returns the condition that a call with this last event was not stale at the instant. */
export function isAlive(lastEventAt: SQLWrapper, instant: SQL): SQL {
  return sql`${lastEventAt} >= ${instant} - ${staleAfter}`
}

/** Returns the last instant at which a call with this last event is not stale. */
export function staleAt(lastEventAt: SQLWrapper): SQL {
  return sql`(${lastEventAt} + ${staleAfter})`
}
