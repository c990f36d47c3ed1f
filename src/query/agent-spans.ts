import type { STATUSES } from '../api/agents/status.js'

type Status = typeof STATUSES[number]

/** Times in milliseconds since 1970; null: to this day, or never. */
export interface HistoryLeg {
  callId: string
  role: 'agent' | 'dialer'
  ringingAt: number | null
  connectedAt: number | null
  endedAt: number | null
}

export interface HistoryPresence {
  presence: 'available' | 'dnd'
  since: number
  until: number | null
}

export interface AgentSpan {
  status: Status
  from: number
  until: number
  /** The calls in which a leg was open. */
  calls: string[]
}

/**
 * What an agent did, from one change to the next, without a hole: as GET /v1/agents?asOf tells it of an instant. A talk wins over dialing, dialing over
 * ringing, and that over the presence; unknown where nobody told one.
 */
export function spansOf (legs: readonly HistoryLeg[], presences: readonly HistoryPresence[], { from, until }: { from: number, until: number }): AgentSpan[] {
  const edges = [from, until, ...legs.flatMap(leg => [leg.ringingAt, leg.connectedAt, leg.endedAt]), ...presences.flatMap(span => [span.since, span.until])]
  const instants = [...new Set(edges.filter((at): at is number => at !== null && at >= from && at <= until))].sort((a, b) => a - b)
  const spans: AgentSpan[] = []
  for (const [i, begin] of instants.slice(0, -1).entries()) {
    const span = { ...stateAt(legs, presences, begin), from: begin, until: instants[i + 1] ?? until }
    const last = spans.at(-1)
    if (last && last.status === span.status && String(last.calls) === String(span.calls)) last.until = span.until
    else spans.push(span)
  }
  return spans
}

function stateAt (legs: readonly HistoryLeg[], presences: readonly HistoryPresence[], at: number): Pick<AgentSpan, 'status' | 'calls'> {
  const open = legs.filter(leg => (leg.ringingAt ?? leg.connectedAt ?? Number.POSITIVE_INFINITY) <= at && at < (leg.endedAt ?? Number.POSITIVE_INFINITY))
  const calls = [...new Set(open.map(leg => leg.callId))].sort()
  if (open.some(leg => leg.connectedAt !== null && leg.connectedAt <= at)) return { status: 'on_call', calls }
  if (open.some(leg => leg.role === 'dialer')) return { status: 'dialing', calls }
  if (open.length > 0) return { status: 'ringing', calls }
  return { status: presences.findLast(span => span.since <= at && at < (span.until ?? Number.POSITIVE_INFINITY))?.presence ?? 'unknown', calls }
}
