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
  client_number: string | null
  client_callable: boolean
  group_id: string | null
  lost_in_transfer: boolean
  talk_seconds: number | null
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

interface RecountOptions {
  within?: number
  droppedUnder?: number
  now?: number
  waitFrom?: string
  returnWithinMinutes?: number
  /** All calls of the account, among which returns and repeated calls are searched. */
  all?: readonly CountedRow[]
}

/**
 * Computes the result of GET /v1/stats/calls independently, from the times of each call. Seconds are rounded to
 * milliseconds.
 */
export function recount(
  rows: readonly CountedRow[],
  {
    within = 20,
    droppedUnder = 4,
    now = Infinity,
    waitFrom = 'start',
    returnWithinMinutes = 60,
    all = rows
  }: RecountOptions = {}
) {
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
  const waitOf = (row: CountedRow): number | null => {
    if (waitFrom === 'start')
      return row.wait_seconds === null ? null : secondsTo(isAnswered(row) ? row.answered_at : row.ended_at, row)
    const end = isAnswered(row) ? row.answered_at : row.ended_at
    const ring = firstRingOf(row)
    return end === null || ring === null ? null : (end.getTime() - ring) / 1000
  }
  const waitsOf = (some: readonly CountedRow[]) => some.flatMap(row => waitOf(row) ?? [])
  const settledWaits = waitsOf(settled.filter(isAnswered))
  const leftLate = settled.filter(row => !isAnswered(row) && (waitOf(row) ?? -1) >= within)
  const left = inbound.filter(({ outcome }) => ['missed', 'abandoned', 'dropped', 'canceled'].includes(outcome ?? ''))
  const endedAnswered = answered.filter(row => row.state === 'ended')
  const transferred = endedAnswered.filter(isTransferred)
  const callersOf = (some: readonly CountedRow[]) =>
    new Set(some.filter(row => row.client_callable).map(row => row.client_number)).size
  const repeated = inbound.filter(row => isRepeated(row, all))
  const needing = rows.filter(
    row =>
      row.client_callable &&
      !(row.direction === 'inbound' && isDropped(row)) &&
      (row.lost_in_transfer ||
        (row.direction === 'inbound' && ['missed', 'abandoned', 'voicemail'].includes(row.outcome ?? '')))
  )
  const delays = needing.map(row => ({ row, minutes: minutesToReturn(row, all) }))
  const inTime = delays.filter(({ minutes }) => minutes !== null && minutes <= returnWithinMinutes)
  const late = delays.filter(({ row, minutes }) =>
    minutes === null
      ? now - (row.ended_at ?? row.started_at).getTime() >= returnWithinMinutes * 60_000
      : minutes > returnWithinMinutes
  )
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
    left: left.length,
    lostInTransfer: rows.filter(row => row.lost_in_transfer).length,
    transferred: transferred.length,
    callers: callersOf(inbound),
    repeatCallers: callersOf(repeated),
    outbound: inDirection('outbound').length,
    outboundAnswered: inDirection('outbound').filter(isAnswered).length,
    callback: inDirection('callback').length,
    internal: inDirection('internal').length,
    answerRate: rate(settled.filter(isAnswered).length, settled.length),
    abandonmentRate: rate(left.length, settled.length),
    transferRate: rate(transferred.length, endedAnswered.length),
    repeatCallerRate: rate(callersOf(repeated), callersOf(inbound)),
    serviceLevel: rate(settledWaits.filter(wait => wait <= within).length, settledWaits.length + leftLate.length),
    connectRate: rate(settledOutbound.filter(isAnswered).length, settledOutbound.length),
    wait: statisticsOf(waitsOf(answered)),
    waitOfLeft: statisticsOf(waitsOf(left)),
    longestWaitSeconds: waitsOf([...answered, ...left]).reduce<number | null>(
      (most, wait) => Math.max(most ?? 0, wait),
      null
    ),
    averageSpeedOfAnswerSeconds: statisticsOf(waitsOf(answered)).averageSeconds,
    talk: statisticsOf(talks),
    averageHandleTimeSeconds: statisticsOf(talks).averageSeconds,
    returns: {
      needed: needing.length,
      returned: delays.filter(({ minutes }) => minutes !== null).length,
      returnedInTime: inTime.length,
      rate: rate(inTime.length, inTime.length + late.length),
      medianMinutes: statisticsOf(delays.flatMap(({ minutes }) => minutes ?? [])).p50Seconds
    }
  }
}

/** The first ring at an agent; null when the call was answered at a phone whose ring is unknown. */
function firstRingOf({ answered_at, legs }: CountedRow): number | null {
  const rings = legs.filter(leg => leg.role === 'agent').flatMap(leg => leg.ringing_at?.getTime() ?? [])
  const first = Math.min(...rings)
  return first <= (answered_at?.getTime() ?? Number.MAX_SAFE_INTEGER) ? first : null
}

function isTransferred({ answered_at, lost_in_transfer, legs }: CountedRow): boolean {
  const begins = legs
    .filter(leg => leg.role === 'agent')
    .map(leg => (leg.ringing_at ?? leg.connected_at)?.getTime() ?? 0)
  return lost_in_transfer || (answered_at !== null && begins.some(begin => begin > answered_at.getTime()))
}

const sameClient = (a: CountedRow, b: CountedRow) => a !== b && a.client_number === b.client_number

function isRepeated(row: CountedRow, all: readonly CountedRow[]): boolean {
  return all.some(other => {
    const days = (row.started_at.getTime() - other.started_at.getTime()) / 86_400_000
    return sameClient(row, other) && other.direction === 'inbound' && days > 0 && days < 7
  })
}

function minutesToReturn(row: CountedRow, all: readonly CountedRow[]): number | null {
  const next = all
    .filter(other => sameClient(row, other) && (other.answered_at !== null || other.outcome === 'answered'))
    .filter(other => other.started_at > row.started_at)
    .sort((a, b) => a.started_at.getTime() - b.started_at.getTime())[0]
  if (!next) return null
  const from = (row.ended_at ?? row.started_at).getTime()
  return Math.max(0, ((next.answered_at ?? next.started_at).getTime() - from) / 60_000)
}

/**
 * The time in which somebody talked in an ended call, second by second of its conversations. Null when unknown: a
 * conversation whose start is not known adds nothing only when others went on from its first ring to its end. The rows
 * do not show whether the end of a conversation was reported; it may be unknown when it is that of the call and a
 * colleague has answered meanwhile.
 */
function talkOf({ started_at, ended_at, legs, talk_seconds }: CountedRow): number | null {
  const talks = legs.filter(leg => leg.result === 'answered')
  if (ended_at === null || talks.length === 0) return null
  const canLackEnd = talks.some(
    leg =>
      leg.connected_at !== null &&
      (leg.ended_at === null || leg.ended_at >= ended_at) &&
      talks.some(
        ({ role, extension, ringing_at, connected_at }) =>
          role === 'agent' &&
          extension !== leg.extension &&
          (ringing_at ?? connected_at ?? started_at) > (leg.connected_at ?? ended_at)
      )
  )
  if (canLackEnd && talk_seconds === null) return null
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
