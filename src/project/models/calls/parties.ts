import { isE164 } from '../../../events/text.js'
import type { CallFact } from './facts.js'
import type { Reported } from './reported.js'

export type Direction = 'inbound' | 'outbound' | 'callback' | 'internal'

export interface Parties {
  direction: Direction
  businessNumber: string | null
  clientNumber: string | null
  clientName: string | null
  /** The colleague's extension, of an internal call. */
  callee: string | null
}

/**
 * Incoming events also occur inside outgoing and callback calls, never the reverse; so does what REST says of the
 * direction.
 */
export function partiesOf(facts: CallFact[], reported: Reported | null): Parties {
  const family = familyOf(facts, reported)
  const own = [...facts.filter(fact => fact.family === family), ...facts]
  const from = own.find(fact => fact.from !== null)?.from ?? null
  const to = own.find(fact => fact.to !== null)?.to ?? null
  if (family === 'incoming')
    return {
      direction: 'inbound',
      businessNumber: to ?? reported?.businessNumber ?? null,
      ...clientOf(from, reported),
      callee: null
    }
  const businessNumber = from ?? reported?.businessNumber ?? null
  const callee = family === 'outgoing' ? calleeOf(to, reported) : null
  if (callee !== null) return { direction: 'internal', businessNumber, clientNumber: null, clientName: null, callee }
  return {
    direction: family === 'callback' ? 'callback' : 'outbound',
    businessNumber,
    ...clientOf(to, reported),
    callee
  }
}

function familyOf(facts: CallFact[], reported: Reported | null): CallFact['family'] {
  const has = (family: CallFact['family']) => facts.some(fact => fact.family === family)
  const says = reported?.direction
  if (has('callback') || says === 'callback') return 'callback'
  return has('outgoing') || says === 'outbound' || says === 'internal' ? 'outgoing' : 'incoming'
}

/** Fewer than seven digits are no telephone number, but a colleague. */
function calleeOf(to: string | null, reported: Reported | null): string | null {
  if (to !== null) return /^\d{1,6}$/.test(to) ? to : null
  return reported?.direction === 'internal'
    ? (reported.parties.find(party => party.role === 'called')?.extension ?? '')
    : null
}

/** A site widget calls under its name, which is no number (source: MightyCall API v4, WebHook Notifications). */
function clientOf(party: string | null, reported: Reported | null): Pick<Parties, 'clientNumber' | 'clientName'> {
  if (party === null) return { clientNumber: reported?.clientNumber ?? null, clientName: reported?.clientName ?? null }
  const isNumber = isE164(party) || /^\+?\d+$/.test(party)
  return isNumber
    ? { clientNumber: party, clientName: reported?.clientName ?? null }
    : { clientNumber: null, clientName: party }
}
