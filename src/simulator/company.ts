import type { Event } from '../events/event.js'
import type { Notation } from './call-script.js'
import { simulateContacts } from './contacts.js'
import { simulateExtensions, simulateNumbers } from './directory.js'
import type { Setting } from './fact.js'
import { simulateMessages } from './messages.js'
import type { Notification } from './notifications.js'
import { playCalls } from './play-calls.js'
import { simulatePresence } from './presence.js'
import { createRandom } from './random.js'
import { polledRanges } from './ranges.js'
import { reportedCalls } from './reported-calls.js'
import { hireStaff } from './staff.js'
import type { Truth } from './truth.js'
import { simulateVoicemails } from './voicemails.js'

export interface CompanyOptions {
  seed: number
  /** When its history begins, in milliseconds since 1970. */
  startAt: number
  calls: number
  /** Half as many as calls. */
  messages?: number
  /** 12. */
  contacts?: number
  /** As many as calls. */
  presenceChanges?: number
  account?: string
  /** Of notifications. */
  family?: Notation
  /** Calls begin within so many: 10 an hour. */
  hours?: number
}

export interface Simulation {
  truth: Truth
  /** What MightyCall posts, in the order of its times. */
  notifications: Notification[]
  /** What the REST API told, as reconciliation would append it, in the order in which it was told. */
  facts: Event[]
}

const HOUR_MS = 60 * 60 * 1000

/** A small company's time with MightyCall: what is so, what is posted of it, and what REST tells of it. The same options always give the same. */
export function simulateCompany (options: CompanyOptions): Simulation {
  const { seed, startAt, calls: count, account = 'default', family: notation = 'classic' } = options
  const { messages = Math.ceil(count / 2), contacts = 12, presenceChanges = count, hours = Math.max(1, count / 10) } = options
  const about = (subject: number): Setting => ({ account, random: createRandom(seed, subject), startAt, endAt: Math.ceil(startAt + hours * HOUR_MS) })
  const staff = hireStaff(createRandom(seed, 1), contacts)
  const presence = simulatePresence(about(2), staff, presenceChanges)
  const { calls, notifications } = playCalls(about(3), staff, { count, notation, presences: presence.presences })
  const voicemail = simulateVoicemails(about(4), staff, calls)
  const message = simulateMessages(about(5), staff, messages)
  const number = simulateNumbers(about(6), staff)
  const extension = simulateExtensions(about(7), staff, calls)
  const contact = simulateContacts(about(8), staff)
  const facts: Event[] = [
    reportedCalls(about(9), staff, calls), voicemail.facts, message.facts, presence.facts, number.facts, extension.facts, contact.facts,
    polledRanges(about(10), calls, presence.presences)
  ].flat()
  return {
    truth: {
      account, staff, calls,
      voicemails: voicemail.voicemails,
      messages: message.messages,
      threads: message.threads,
      numbers: number.numbers,
      extensions: extension.extensions,
      contacts: contact.contacts,
      presences: presence.presences
    },
    notifications,
    facts: facts.sort((a, b) => a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0)
  }
}
