import { callAt } from '../../src/simulator/call-at.js'
import type { Truth } from '../../src/simulator/truth.js'

interface AgentAt {
  status: 'unknown' | 'available' | 'dnd' | 'ringing' | 'dialing' | 'on_call'
  calls: string[]
}

/**
 * Returns the status of an agent at an instant, from the calls and presence facts until then. A talk takes precedence
 * over dialing, dialing over ringing, and ringing over presence.
 */
export function agentAt(truth: Truth, extension: string, instant: number): AgentAt {
  const open = truth.calls
    .filter(call => call.startedAt <= instant && call.endedAt > instant)
    .flatMap(call => {
      const legs = (callAt(call, instant)?.legs ?? []).filter(
        leg => leg.extension === extension && leg.endedAt === null
      )
      return legs.length > 0 ? [{ id: call.id, legs }] : []
    })
  const legs = open.flatMap(call => call.legs)
  const status = legs.some(leg => leg.connectedAt !== null)
    ? 'on_call'
    : legs.some(leg => leg.role === 'dialer')
      ? 'dialing'
      : legs.length > 0
        ? 'ringing'
        : presenceAt(truth, extension, instant)
  return { status, calls: open.map(call => call.id) }
}

function presenceAt({ presences }: Truth, extension: string, instant: number): AgentAt['status'] {
  return (
    presences.find(
      span =>
        span.extension === extension && span.since <= instant && (span.until ?? Number.POSITIVE_INFINITY) > instant
    )?.presence ?? 'unknown'
  )
}
