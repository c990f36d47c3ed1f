import { and, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { callHistory } from '../db/schema/calls.js'
import type { CallKey, TimeTravel } from '../project/time-travel.js'
import { behind, type CallFilter, type CallSort, isMatch, lastingConditions, orderOf } from './call-filter.js'
import { type CallShape, toCall } from './call-shape.js'
import type { Keyset } from './list.js'

/** Once a request has looked at so many calls, or folded so many of them, its page is short, and the next one goes on from there. */
const MAX_SCANNED = 10_000
const MAX_FOLDED = 1_000

export interface PageAsOf {
  db: NodePgDatabase
  timeTravel: TimeTravel
  asOf: Date
  /** The instant that `stale` is relative to. */
  seenFrom: Date
  filter: CallFilter
  sort: CallSort
  limit: number
  /** The last call that was looked at before, or null. */
  place: Keyset | null
}

interface Found {
  data: CallShape[]
  /** The last call that was looked at; null: there is no other. */
  place: Keyset | null
}

interface Candidate extends CallKey {
  startedAt: Date
  endedAt: Date | null
}

/**
 * Calls as they were, in the order of the table: its rows tell which calls there are, their events what they were.
 * Where a call began and whose it is does not change, so that SQL can tell; all else is looked at when it is folded.
 */
export async function findCallsAsOf (page: PageAsOf): Promise<Found> {
  const { limit, filter: { states } } = page
  const mayMatch = prefilter(page)
  const data: CallShape[] = []
  let { place } = page
  let size = states ? 1_000 : limit // an open call is rare among those that have ended
  for (let scanned = 0, folded = 0; scanned < MAX_SCANNED && folded < MAX_FOLDED; scanned += size, size = Math.min(2 * size, 1_000)) { // few match: look at more at once
    const found = await candidatesBehind(page, place, size + 1)
    const candidates = found.slice(0, size)
    const likely = candidates.filter(mayMatch)
    const matches = await foldMatching(page, likely)
    for (const candidate of candidates) {
      if (data.length === limit) return { data, place }
      place = [candidate.startedAt.toISOString(), candidate.account, candidate.callId]
      data.push(...matches.get(candidate) ?? [])
    }
    if (found.length <= size) return { data, place: null }
    if (data.length === limit) return { data, place }
    folded += likely.length
  }
  return { data, place }
}

function candidatesBehind ({ db, asOf, filter, sort }: PageAsOf, place: Keyset | null, limit: number): Promise<Candidate[]> {
  const { account, callId, startedAt, endedAt } = callHistory
  return db.select({ account, callId, startedAt, endedAt }).from(callHistory)
    .where(and(sql`${startedAt} <= ${asOf}`, ...lastingConditions(filter), place ? behind(sort, place) : undefined))
    .orderBy(orderOf(sort))
    .limit(limit)
}

/** A call that had ended by then, in its own order of events, was not open: only those that may be are worth a fold. */
function prefilter ({ filter: { states }, asOf }: PageAsOf): (candidate: Candidate) => boolean {
  if (!states || states.includes('ended')) return () => true
  return ({ endedAt }) => endedAt === null || endedAt > asOf
}

/** Of each that matches, the call. */
async function foldMatching ({ timeTravel, asOf, seenFrom, filter }: PageAsOf, candidates: readonly Candidate[]): Promise<Map<Candidate, [CallShape]>> {
  const calls = await timeTravel.callsAt(candidates, { asOf })
  return new Map(candidates.flatMap((candidate, i) => {
    const then = calls[i]
    const call = then ? toCall(then.row, then.legs, seenFrom) : null
    return call && isMatch(filter, call) ? [[candidate, [call]] as const] : []
  }))
}
