import type pg from 'pg'
import { groupBy } from './group-by.js'

/** The columns of call_history that are counted. */
export interface CountedRow {
  direction: string
  outcome: string | null
  business_number: string | null
  answered_by: string | null
  started_at: Date
  answered_at: Date | null
  ended_at: Date | null
  state: string
  last_event_at: Date
  wait_seconds: number | null
  legs: CountedLeg[]
}

/** The columns of call_legs that are counted. */
interface CountedLeg {
  call_id: string
  extension: string
  role: string
  result: string | null
  ringing_at: Date | null
  connected_at: Date | null
  ended_at: Date | null
}

export async function countedRows(pool: pg.Pool, account = 'default'): Promise<CountedRow[]> {
  const { rows } = await pool.query<Omit<CountedRow, 'legs'> & { call_id: string }>(
    'select * from call_history where account = $1 order by started_at',
    [account]
  )
  const { rows: legs } = await pool.query<CountedLeg>('select * from call_legs where account = $1', [account])
  const byCall = groupBy(legs, leg => leg.call_id)
  return rows.map(row => ({ ...row, legs: byCall.get(row.call_id) ?? [] }))
}

const STALE_MS = 4 * 3_600_000

/**
 * Computes the result of GET /v1/stats/calls independently, from the times of each call. Seconds are rounded to
 * milliseconds.
 */
export function recount(rows: readonly CountedRow[], { within = 20, droppedUnder = 4, now = Infinity } = {}) {
  const isInProgress = ({ state, last_event_at }: CountedRow) =>
    state !== 'ended' && now - last_event_at.getTime() <= STALE_MS
  const isAnswered = ({ outcome, answered_at, answered_by }: CountedRow) =>
    outcome === 'answered' || (outcome === null && (answered_at !== null || answered_by !== null))
  const isSettled = (row: CountedRow) => !isInProgress(row) && (row.state === 'ended' || isAnswered(row))
  const secondsTo = (at: Date | null, { started_at }: CountedRow) =>
    at === null ? null : (at.getTime() - started_at.getTime()) / 1000
  const inDirection = (direction: string) => rows.filter(row => row.direction === direction)
  const isDropped = (row: CountedRow) =>
    ['missed', 'abandoned', 'dropped', 'canceled'].includes(row.outcome ?? '') &&
    (secondsTo(row.ended_at, row) ?? 0) < droppedUnder
  const inbound = inDirection('inbound').filter(row => !isDropped(row))
  const countOutcomes = (...outcomes: string[]) =>
    inbound.filter(({ outcome }) => outcomes.includes(outcome ?? '')).length
  const answered = inbound.filter(isAnswered)
  const settled = inbound.filter(isSettled)
  // A wait is unknown when the start of the call is only derived from its duration.
  const waitOf = (row: CountedRow) => (row.wait_seconds === null ? null : secondsTo(row.answered_at, row))
  const waitsOf = (some: readonly CountedRow[]) => some.flatMap(row => waitOf(row) ?? [])
  const settledWaits = waitsOf(settled.filter(isAnswered))
  const leftLate = settled.filter(row => !isAnswered(row) && (secondsTo(row.ended_at, row) ?? 0) >= within)
  const talks = rows.flatMap(row => talkOf(row) ?? [])
  const rate = (part: number, whole: number) => (whole === 0 ? null : part / whole)
  const settledOutbound = inDirection('outbound').filter(isSettled)
  return {
    calls: rows.length,
    inbound: inbound.length,
    answered: answered.length,
    missed: countOutcomes('missed'),
    abandoned: countOutcomes('abandoned'),
    voicemail: countOutcomes('voicemail'),
    other: countOutcomes('dropped', 'canceled'),
    waiting: inbound.filter(row => isInProgress(row) && !isAnswered(row)).length,
    unresolved: inbound.filter(row => !isInProgress(row) && !isAnswered(row) && row.outcome === null).length,
    dropped: inDirection('inbound').length - inbound.length,
    inProgress: inbound.filter(isInProgress).length,
    outbound: inDirection('outbound').length,
    outboundAnswered: inDirection('outbound').filter(isAnswered).length,
    callback: inDirection('callback').length,
    internal: inDirection('internal').length,
    answerRate: rate(settled.filter(isAnswered).length, settled.length),
    serviceLevel: rate(settledWaits.filter(wait => wait <= within).length, settledWaits.length + leftLate.length),
    connectRate: rate(settledOutbound.filter(isAnswered).length, settledOutbound.length),
    wait: statisticsOf(waitsOf(answered)),
    talk: statisticsOf(talks)
  }
}

/**
 * The time in which somebody talked in an ended call, second by second of its conversations. Null when unknown: a
 * conversation whose start is not known adds nothing only when others went on from its first ring to its end.
 */
function talkOf({ started_at, ended_at, legs }: CountedRow): number | null {
  const talks = legs.filter(leg => leg.result === 'answered')
  if (ended_at === null || talks.length === 0) return null
  const spansOf = (some: readonly CountedLeg[], from: (leg: CountedLeg) => Date) =>
    some.map(leg => [from(leg).getTime(), (leg.ended_at ?? ended_at).getTime()] as const)
  const known = spansOf(
    talks.filter(leg => leg.connected_at !== null),
    leg => leg.connected_at ?? started_at
  )
  const possible = spansOf(talks, leg => leg.connected_at ?? leg.ringing_at ?? started_at)
  return known.length > 0 && millisOf(known) === millisOf([...known, ...possible]) ? millisOf(known) / 1000 : null
}

function millisOf(spans: readonly (readonly [from: number, to: number])[]): number {
  const moments = [...new Set(spans.flat())].sort((a, b) => a - b)
  return moments.slice(1).reduce((sum, to, i) => {
    const from = moments[i] ?? to
    return spans.some(([begin, end]) => begin <= from && to <= end) ? sum + to - from : sum
  }, 0)
}

function statisticsOf(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => {
    const position = share * (sorted.length - 1)
    const below = sorted[Math.floor(position)] ?? 0
    return rounded(below + ((sorted[Math.ceil(position)] ?? 0) - below) * (position % 1))
  }
  const total = sorted.reduce((sum, value) => sum + value, 0)
  if (sorted.length === 0) return { totalSeconds: 0, averageSeconds: null, p50Seconds: null, p95Seconds: null }
  return {
    totalSeconds: rounded(total),
    averageSeconds: rounded(total / sorted.length),
    p50Seconds: at(0.5),
    p95Seconds: at(0.95)
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(3))
}
