import { and, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { callHistory } from '../../db/schema/calls.js'
import type { CallKey, TimeTravel } from '../../project/time-travel.js'
import { behind, orderBy } from '../list/cursor.js'
import type { Page, PageOf } from '../list/export.js'
import type { Keyset } from '../list/parameters.js'
import type { Asked } from '../list/query-context.js'
import { type CallFilter, isMatch, lastingConditions, visibleCalls } from './filter.js'
import { calls } from './resource.js'
import { type CallShape, toCall } from './schema.js'

/**
 * Once a request has looked at so many calls, or folded so many of them, its page is short, and the next one goes on
 * from there.
 */
const MAX_SCANNED = 10_000
const MAX_FOLDED = 1_000

export interface QuestionAsOf {
  db: NodePgDatabase
  timeTravel: TimeTravel
  asOf: Date
  /** The instant that `stale` is relative to. */
  seenFrom: Date
  filter: CallFilter
  asked: Asked
  descending: boolean
}

interface Candidate extends CallKey {
  startedAt: Date
  endedAt: Date | null
}

/**
 * Calls as they were, in the order of the table: its rows tell which calls there are, their events what they were.
 * Where a call began and whose it is does not change, so that SQL can tell; all else is looked at when it is folded.
 * The place is that of the last call that was looked at.
 */
export function callsAsOf(question: QuestionAsOf): PageOf<CallShape> {
  return (place, limit) => findCallsAsOf(question, place, limit)
}

async function findCallsAsOf(page: QuestionAsOf, behindPlace: Keyset | null, limit: number): Promise<Page<CallShape>> {
  const {
    filter: { states }
  } = page
  const mayMatch = prefilter(page)
  const data: CallShape[] = []
  let place = behindPlace
  let size = states ? 1_000 : limit // an open call is rare among those that have ended
  for (
    let scanned = 0, folded = 0;
    scanned < MAX_SCANNED && folded < MAX_FOLDED;
    scanned += size, size = Math.min(2 * size, 1_000)
  ) {
    // few match: look at more at once
    const found = await candidatesBehind(page, place, size + 1)
    const candidates = found.slice(0, size)
    const likely = candidates.filter(mayMatch)
    const matches = await foldMatching(page, likely)
    for (const candidate of candidates) {
      if (data.length === limit) return { data, place }
      place = [candidate.startedAt.toISOString(), candidate.account, candidate.callId]
      data.push(...(matches.get(candidate) ?? []))
    }
    if (found.length <= size) return { data, place: null }
    if (data.length === limit) return { data, place }
    folded += likely.length
  }
  return { data, place }
}

function candidatesBehind(
  { db, asOf, filter, asked, descending }: QuestionAsOf,
  place: Keyset | null,
  limit: number
): Promise<Candidate[]> {
  const { account, callId, startedAt, endedAt } = callHistory
  return db
    .select({ account, callId, startedAt, endedAt })
    .from(callHistory)
    .where(
      and(
        sql`${startedAt} <= ${asOf}`,
        visibleCalls(asked),
        ...lastingConditions(filter),
        place ? behind(calls.columns, descending, place) : undefined
      )
    )
    .orderBy(orderBy(calls.columns, descending))
    .limit(limit)
}

/** A call that had ended by then, in its own order of events, was not open: only those that may be are worth a fold. */
function prefilter({ filter: { states }, asOf }: QuestionAsOf): (candidate: Candidate) => boolean {
  if (!states || states.includes('ended')) return () => true
  return ({ endedAt }) => endedAt === null || endedAt > asOf
}

/** Of each that matches, the call. */
async function foldMatching(
  { timeTravel, asOf, seenFrom, filter }: QuestionAsOf,
  candidates: readonly Candidate[]
): Promise<Map<Candidate, [CallShape]>> {
  const calls = await timeTravel.callsAt(candidates, { asOf })
  return new Map(
    candidates.flatMap((candidate, i) => {
      const then = calls[i]
      const call = then ? toCall(then.row, then.legs, seenFrom) : null
      return call && isMatch(filter, call) ? [[candidate, [call]] as const] : []
    })
  )
}
