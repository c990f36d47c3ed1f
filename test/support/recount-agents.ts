import type pg from 'pg'

interface Leg {
  extension: string
  role: string
  result: string | null
  call_id: string
  ringing_at: Date | null
  connected_at: Date | null
  ended_at: Date | null
  started_at: Date
}

interface Span {
  extension: string
  since: Date
  until: Date | null
  presence: string
}

/** Computes the result of GET /v1/stats/agents independently, for agents whose calls have all ended. */
export async function recountAgents(pool: pg.Pool, { since, until }: { since: Date; until: Date }) {
  const { rows: extensions } = await pool.query<{ extension: string }>(
    'select extension from mightycall_extensions order by extension collate "C"'
  )
  const { rows: legs } = await pool.query<Leg>(
    'select l.*, c.started_at from call_legs l join call_history c using (account, call_id)'
  )
  const { rows: spans } = await pool.query<Span>('select * from agent_presence')
  return extensions.map(({ extension }) => {
    const agentLegs = legs.filter(leg => leg.extension === extension)
    const started = agentLegs.filter(({ started_at }) => started_at >= since && started_at < until)
    const seconds = secondsOf(
      agentLegs,
      spans.filter(span => span.extension === extension),
      [since.getTime(), until.getTime()]
    )
    const [offered, answered] = [
      started.filter(({ role }) => role === 'agent'),
      started.filter(({ role, result }) => role === 'agent' && result === 'answered')
    ]
    return {
      extension,
      offered: offered.length,
      answered: answered.length,
      missed: offered.filter(leg => leg.result === 'unanswered' && !isTakenByColleague(leg, legs)).length,
      answeredElsewhere: offered.filter(leg => leg.result === 'unanswered' && isTakenByColleague(leg, legs)).length,
      dialed: started.length - offered.length,
      handled: new Set(started.filter(({ result }) => result === 'answered').map(({ call_id }) => call_id)).size,
      talkSeconds: started.reduce(
        (sum, { connected_at, ended_at }) =>
          sum + (connected_at && ended_at ? (ended_at.getTime() - connected_at.getTime()) / 1000 : 0),
        0
      ),
      ...seconds
    }
  })
}

/**
 * Whether the phone of a colleague rang at the same time as the leg, and was answered before the leg ended or up to two
 * seconds later.
 */
function isTakenByColleague(leg: Leg, legs: readonly Leg[]): boolean {
  const [begin, end] = [leg.ringing_at?.getTime() ?? -Infinity, leg.ended_at?.getTime() ?? Infinity]
  return legs
    .filter(
      ({ call_id, extension, role }) => call_id === leg.call_id && extension !== leg.extension && role === 'agent'
    )
    .filter(({ result, ringing_at }) => result === 'answered' && (ringing_at?.getTime() ?? -Infinity) < end)
    .some(({ connected_at }) => {
      const at = connected_at?.getTime() ?? begin
      return begin <= at && at <= end + 2_000
    })
}

/** Sums the seconds of each state over the intervals between two consecutive changes. */
function secondsOf(legs: readonly Leg[], spans: readonly Span[], [from, to]: [number, number]) {
  const moments = [
    from,
    to,
    ...[
      ...legs.flatMap(leg => [leg.ringing_at, leg.connected_at, leg.ended_at]),
      ...spans.flatMap(span => [span.since, span.until])
    ].flatMap(at => at?.getTime() ?? [])
  ]
    .filter(at => at >= from && at <= to)
    .sort((a, b) => a - b)
  const sums = { known: 0, onCall: 0, ringing: 0, available: 0 }
  for (const [i, at] of moments.slice(0, -1).entries()) {
    const length = ((moments[i + 1] ?? at) - at) / 1000
    const span = spans.find(span => span.since.getTime() <= at && (span.until === null || span.until.getTime() > at))
    const during = legs.filter(leg => startOf(leg) <= at && (leg.ended_at?.getTime() ?? 0) > at)
    const isTalking = during.some(leg => leg.connected_at !== null && leg.connected_at.getTime() <= at)
    if (!span) continue
    sums.known += length
    if (isTalking) sums.onCall += length
    else if (during.length > 0) sums.ringing += length
    else if (span.presence === 'available') sums.available += length
  }
  const isKnown = spans.some(span => span.since.getTime() < to && (span.until === null || span.until.getTime() > from))
  const [busy, all] = [sums.onCall + sums.ringing, sums.onCall + sums.ringing + sums.available]
  return isKnown
    ? {
        presenceKnownSeconds: sums.known,
        onCallSeconds: sums.onCall,
        ringingSeconds: sums.ringing,
        availableSeconds: sums.available,
        occupancy: all === 0 ? null : busy / all
      }
    : { presenceKnownSeconds: null, onCallSeconds: null, ringingSeconds: null, availableSeconds: null, occupancy: null }
}

function startOf({ ringing_at, connected_at }: Leg): number {
  return (ringing_at ?? connected_at)?.getTime() ?? Number.POSITIVE_INFINITY
}
