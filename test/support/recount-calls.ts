import type pg from 'pg'

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
}

export async function countedRows(pool: pg.Pool): Promise<CountedRow[]> {
  return (await pool.query<CountedRow>('select * from call_history order by started_at')).rows
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
  const waitsOf = (some: readonly CountedRow[]) => some.flatMap(row => secondsTo(row.answered_at, row) ?? [])
  const settledWaits = waitsOf(settled.filter(isAnswered))
  const leftLate = settled.filter(row => !isAnswered(row) && (secondsTo(row.ended_at, row) ?? 0) >= within)
  const talks = rows.flatMap(row =>
    row.answered_at && row.ended_at ? [(row.ended_at.getTime() - row.answered_at.getTime()) / 1000] : []
  )
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
