import { isCallable, isDialed, isE164 } from '../../../lib/phone-number.js'
import type { CallFact, CallRow } from './facts.js'
import type { MergedReport } from './reported.js'

type Client = Pick<CallRow, 'clientNumber' | 'clientCallable' | 'clientName'>

export interface Parties extends Pick<CallRow, 'direction' | 'businessNumber'>, Client {
  /** The extension that an internal call reaches; '' when it is not named, null when the call is not internal. */
  callee: string | null
}

const NO_CLIENT: Client = { clientNumber: null, clientCallable: false, clientName: null }

/**
 * Incoming events also occur inside outgoing and callback calls, but never the reverse. The same holds for the
 * direction that REST reports.
 */
export function partiesOf(facts: readonly CallFact[], reported: MergedReport | null): Parties {
  const family = familyOf(facts, reported)
  const own = [...facts.filter(fact => fact.family === family), ...facts]
  const from = own.find(fact => fact.from !== null)?.from ?? null
  const to = own.find(fact => fact.to !== null)?.to ?? null
  const callee = calleeOf(facts, { family, to, reported })
  const caller = from ?? reported?.businessNumber ?? null
  if (callee !== null) return { direction: 'internal', businessNumber: caller, ...NO_CLIENT, callee }
  if (family === 'incoming')
    return {
      direction: 'inbound',
      businessNumber: to ?? reported?.businessNumber ?? null,
      ...clientOf(from, reported),
      callee
    }
  return {
    direction: family === 'callback' ? 'callback' : 'outbound',
    businessNumber: caller,
    ...clientOf(to, reported),
    callee
  }
}

function familyOf(facts: readonly CallFact[], reported: MergedReport | null): CallFact['family'] {
  const has = (family: CallFact['family']) => facts.some(fact => fact.family === family)
  const direction = reported?.direction
  if (has('callback') || direction === 'callback') return 'callback'
  return has('outgoing') || direction === 'outbound' || direction === 'internal' ? 'outgoing' : 'incoming'
}

/**
 * The extension that an internal call reaches. The length of a number does not show that it is one: 911 and 411 are
 * numbers too. Evidence is a leg of that extension, or REST, which lists an extension instead of a number.
 */
function calleeOf(
  facts: readonly CallFact[],
  { family, to, reported }: { family: CallFact['family']; to: string | null; reported: MergedReport | null }
): string | null {
  if (family === 'callback') return null
  // An incoming call begins with its own event, an internal one does not; that of its caller may have been lost.
  const isFromOutside = reported?.direction === 'inbound' || facts.some(fact => fact.type === 'call.started')
  if (family === 'incoming' && isFromOutside) return null
  const called = reported?.parties.filter(party => party.role === 'called') ?? []
  if (to === null) return reported?.direction === 'internal' ? (called[0]?.extension ?? '') : null
  if (isE164(to)) return null
  const isReported = reported?.direction === 'internal' || called.some(party => party.extension === to)
  return isReported || facts.some(fact => fact.extension === to && !isOfCaller(fact, facts)) ? to : null
}

/** An outgoing event of the extension that started the call: someone at extension 411 may call 411. */
function isOfCaller({ family, extension }: CallFact, facts: readonly CallFact[]): boolean {
  return (
    family === 'outgoing' &&
    facts.some(fact => fact.family === 'outgoing' && fact.type === 'call.started' && fact.extension === extension)
  )
}

/**
 * The number is kept as it was dialed when it is not E.164. A site widget calls with its name instead of a number
 * (source: MightyCall API v4, WebHook Notifications).
 */
function clientOf(party: string | null, reported: MergedReport | null): Client {
  const clientName = reported?.clientName ?? null
  if (party !== null && !isDialed(party)) return { clientNumber: null, clientCallable: false, clientName: party }
  const clientNumber = party ?? reported?.clientNumber ?? null
  return { clientNumber, clientCallable: clientNumber !== null && isCallable(clientNumber), clientName }
}
