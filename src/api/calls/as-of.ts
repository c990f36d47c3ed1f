import { and, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { callHistory } from '../../db/schema/calls.js'
import type { CallKey, TimeTravel } from '../../project/time-travel.js'
import type { Keyset } from '../list/cursor.js'
import type { Page, PageReader } from '../list/export.js'
import type { QueryContext } from '../list/query-context.js'
import { isAfter, orderBy } from '../list/sort.js'
import { type CallFilter, immutableConditions, matchesFilter, visibleCalls } from './filter.js'
import { calls } from './resource.js'
import { type CallShape, toCall } from './schema.js'

/** A request that has scanned or folded this many calls returns a short page, and the next page continues there. */
const MAX_SCANNED = 10_000
const MAX_FOLDED = 1_000

/** The most calls that are read at once, and how many are read at first when few are expected to match. */
const MAX_BATCH = 1_000

export interface CallsAsOfQuery {
  db: NodePgDatabase
  timeTravel: TimeTravel
  asOf: Date
  /** The instant that `stale` refers to. */
  seenFrom: Date
  filter: CallFilter
  context: QueryContext
  descending: boolean
}

interface Candidate extends CallKey {
  startedAt: Date
  endedAt: Date | null
}

/**
 * Reads calls as they were, in the order of the table. The rows of the table tell which calls exist, their events what
 * they were. The start and the account of a call never change, so SQL can filter by them; all other conditions are
 * checked after the fold. A page continues after the last call that was scanned, whether or not it matched.
 */
export function callsAsOf(query: CallsAsOfQuery): PageReader<CallShape> {
  return (after, limit) => findCallsAsOf(query, after, limit)
}

async function findCallsAsOf(query: CallsAsOfQuery, after: Keyset | null, limit: number): Promise<Page<CallShape>> {
  const mayMatch = prefilter(query)
  const data: CallShape[] = []
  let next = after
  let size = query.filter.states ? MAX_BATCH : limit // open calls are rare among the ended ones
  let scanned = 0
  let folded = 0
  while (scanned < MAX_SCANNED && folded < MAX_FOLDED) {
    const found = await findCandidates(query, next, size + 1)
    const candidates = found.slice(0, size)
    const likely = candidates.filter(mayMatch)
    const matches = await foldMatching(query, likely)
    for (const candidate of candidates) {
      if (data.length === limit) return { data, next }
      next = [candidate.startedAt.toISOString(), candidate.account, candidate.callId]
      data.push(...(matches.get(candidate) ?? []))
    }
    if (found.length <= size) return { data, next: null }
    if (data.length === limit) return { data, next }
    folded += likely.length
    scanned += size
    size = Math.min(2 * size, MAX_BATCH) // few calls match, so read more of them at once
  }
  return { data, next }
}

function findCandidates(
  { db, asOf, filter, context, descending }: CallsAsOfQuery,
  after: Keyset | null,
  limit: number
): Promise<Candidate[]> {
  const { account, callId, startedAt, endedAt } = callHistory
  return db
    .select({ account, callId, startedAt, endedAt })
    .from(callHistory)
    .where(
      and(
        sql`${startedAt} <= ${asOf}`,
        visibleCalls(context),
        ...immutableConditions(filter),
        after ? isAfter(calls.sortColumns, descending, after) : undefined
      )
    )
    .orderBy(orderBy(calls.sortColumns, descending))
    .limit(limit)
}

/** When only open calls are requested, a call that had ended by then, by the order of its own events, is not folded. */
function prefilter({ filter: { states }, asOf }: CallsAsOfQuery): (candidate: Candidate) => boolean {
  if (!states || states.includes('ended')) return () => true
  return ({ endedAt }) => endedAt === null || endedAt > asOf
}

/** The calls that match the filter, by candidate. */
async function foldMatching(
  { timeTravel, asOf, seenFrom, filter }: CallsAsOfQuery,
  candidates: readonly Candidate[]
): Promise<Map<Candidate, [CallShape]>> {
  const folded = await timeTravel.callsAt(candidates, { asOf })
  return new Map(
    candidates.flatMap((candidate, i) => {
      const then = folded[i]
      const call = then ? toCall(then.row, then.legs, seenFrom) : null
      return call && matchesFilter(filter, call) ? [[candidate, [call]] as const] : []
    })
  )
}
