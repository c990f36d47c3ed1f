import { isE164 } from '../../../events/text.js'
import type { CallFact, CallRow } from './facts.js'
import type { MergedReport } from './reported.js'

export interface Parties extends Pick<CallRow, 'direction' | 'businessNumber' | 'clientNumber' | 'clientName'> {
  /** The extension that an internal call reaches; '' when it is not named, null when the call is not internal. */
  callee: string | null
}

/**
 * Incoming events also occur inside outgoing and callback calls, but never the reverse. The same holds for the
 * direction that REST reports.
 */
export function partiesOf(facts: CallFact[], reported: MergedReport | null): Parties {
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

function familyOf(facts: CallFact[], reported: MergedReport | null): CallFact['family'] {
  const has = (family: CallFact['family']) => facts.some(fact => fact.family === family)
  const direction = reported?.direction
  if (has('callback') || direction === 'callback') return 'callback'
  return has('outgoing') || direction === 'outbound' || direction === 'internal' ? 'outgoing' : 'incoming'
}

/** A number of fewer than seven digits is the extension of a colleague, not a telephone number. */
function calleeOf(to: string | null, reported: MergedReport | null): string | null {
  if (to !== null) return /^\d{1,6}$/.test(to) ? to : null
  return reported?.direction === 'internal'
    ? (reported.parties.find(party => party.role === 'called')?.extension ?? '')
    : null
}

/** A site widget calls with its name instead of a number (source: MightyCall API v4, WebHook Notifications). */
function clientOf(party: string | null, reported: MergedReport | null): Pick<Parties, 'clientNumber' | 'clientName'> {
  if (party === null) return { clientNumber: reported?.clientNumber ?? null, clientName: reported?.clientName ?? null }
  const isNumber = isE164(party) || /^\+?\d+$/.test(party)
  return isNumber
    ? { clientNumber: party, clientName: reported?.clientName ?? null }
    : { clientNumber: null, clientName: party }
}
