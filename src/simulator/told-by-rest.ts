import type { Event } from '../events/event.js'
import { simulateContacts } from './contacts.js'
import { simulateExtensions, simulateNumbers } from './directory.js'
import type { Setting } from './fact.js'
import { simulateMessages } from './messages.js'
import type { SimulatedPresence } from './presence.js'
import { polledRanges } from './ranges.js'
import { reportedCalls } from './reported-calls.js'
import type { Staff } from './staff.js'
import type { TrueCall } from './true-call.js'
import type { Truth } from './truth.js'
import { simulateVoicemails } from './voicemails.js'

export type RestKnowledge = Pick<Truth, 'voicemails' | 'messages' | 'threads' | 'numbers' | 'extensions' | 'contacts'> & {
  facts: Event[]
}

interface Company {
  staff: Staff
  calls: TrueCall[]
  presence: SimulatedPresence
  /** How many. */
  messages: number
}

/** What only the REST API tells of a company, and the facts by which it does, in the order in which they were told. */
export function simulateRestFacts(
  about: (subject: number) => Setting,
  { staff, calls, presence, messages }: Company
): RestKnowledge {
  const voicemail = simulateVoicemails(about(4), staff, calls)
  const message = simulateMessages(about(5), staff, messages)
  const number = simulateNumbers(about(6), staff)
  const extension = simulateExtensions(about(7), staff, calls)
  const contact = simulateContacts(about(8), staff)
  const facts: Event[] = [
    reportedCalls(about(9), staff, calls),
    voicemail.facts,
    message.facts,
    presence.facts,
    number.facts,
    extension.facts,
    contact.facts,
    polledRanges(about(10), calls, presence.presences)
  ].flat()
  return {
    voicemails: voicemail.voicemails,
    messages: message.messages,
    threads: message.threads,
    numbers: number.numbers,
    extensions: extension.extensions,
    contacts: contact.contacts,
    facts: facts.sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0))
  }
}
