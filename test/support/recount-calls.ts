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
}

export async function countedRows(pool: pg.Pool): Promise<CountedRow[]> {
  return (await pool.query<CountedRow>('select * from call_history order by started_at')).rows
}

/**
 * Computes the result of GET /v1/stats/calls independently, from the times of each call. Seconds are rounded to
 * milliseconds.
 */
export function recount(rows: readonly CountedRow[], { within = 20, droppedUnder = 4 } = {}) {
  const isAnswered = ({ outcome, answered_at }: CountedRow) =>
    outcome === 'answered' || (outcome === null && answered_at !== null)
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
  const waits = answered.flatMap(row => secondsTo(row.answered_at, row) ?? [])
  const missedAfterThreshold = inbound.filter(
    row => !isAnswered(row) && row.outcome !== null && (secondsTo(row.ended_at, row) ?? 0) >= within
  )
  const talks = rows.flatMap(row =>
    row.answered_at && row.ended_at ? [(row.ended_at.getTime() - row.answered_at.getTime()) / 1000] : []
  )
  const rate = (part: number, whole: number) => (whole === 0 ? null : part / whole)
  return {
    calls: rows.length,
    inbound: inbound.length,
    answered: answered.length,
    missed: countOutcomes('missed'),
    abandoned: countOutcomes('abandoned'),
    voicemail: countOutcomes('voicemail'),
    other: countOutcomes('dropped', 'canceled'),
    waiting: inbound.filter(row => !isAnswered(row) && row.outcome === null).length,
    dropped: inDirection('inbound').length - inbound.length,
    outbound: inDirection('outbound').length,
    outboundAnswered: inDirection('outbound').filter(isAnswered).length,
    callback: inDirection('callback').length,
    internal: inDirection('internal').length,
    answerRate: rate(answered.length, inbound.length),
    serviceLevel: rate(waits.filter(wait => wait <= within).length, waits.length + missedAfterThreshold.length),
    connectRate: rate(inDirection('outbound').filter(isAnswered).length, inDirection('outbound').length),
    wait: statisticsOf(waits),
    talk: { totalSeconds: rounded(talks.reduce((sum, talk) => sum + talk, 0)), ...statisticsOf(talks) }
  }
}

function statisticsOf(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => {
    const position = share * (sorted.length - 1)
    const below = sorted[Math.floor(position)] ?? 0
    return rounded(below + ((sorted[Math.ceil(position)] ?? 0) - below) * (position % 1))
  }
  if (sorted.length === 0) return { averageSeconds: null, p50Seconds: null, p95Seconds: null }
  return {
    averageSeconds: rounded(sorted.reduce((sum, value) => sum + value, 0) / sorted.length),
    p50Seconds: at(0.5),
    p95Seconds: at(0.95)
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(3))
}
