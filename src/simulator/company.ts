import type { Event } from '../events/event.js'
import type { Notation } from './call-script.js'
import type { Setting } from './fact.js'
import type { Notification } from './notifications.js'
import { playCalls } from './play-calls.js'
import { simulatePresence } from './presence.js'
import { createRandom } from './random.js'
import { type RestKnowledge, simulateRestFacts } from './rest-facts.js'
import { createStaff } from './staff.js'
import type { Truth } from './truth.js'

export interface CompanyOptions {
  seed: number
  /** When the history of the company begins, in milliseconds since 1970. */
  startAt: number
  calls: number
  /** Default: half the number of calls. */
  messages?: number
  /** Default: 12. */
  contacts?: number
  /** Default: the number of calls. */
  presenceChanges?: number
  account?: string
  /** The kind of account, which decides the format of the notifications. Default: classic. */
  family?: Notation
  /** The period in which the calls start. Default: an hour for every ten calls. */
  hours?: number
  /** The share of talks, 0 to 1, that make a call of half an hour to three hours. Default: 0. */
  longCalls?: number
  /** The share of calls before which the client hangs up at once and calls the same number again. Default: 0. */
  redials?: number
  /**
   * The share of calls that are notified in the format of the other kind of account. Only contact-center accounts
   * notify durations and recordings. Default: 0.
   */
  otherNotation?: number
  /** For how many days a voicemail or message may stay unread that is read in the end. Default: it is read soon. */
  readWithinDays?: number
}

export interface Simulation {
  truth: Truth
  /** The webhook notifications, ordered by time. */
  notifications: Notification[]
  /** What the REST API reports, as the events that reconciliation would append, ordered by time. */
  facts: Event[]
}

const HOUR_MS = 60 * 60 * 1000

/**
 * Simulates the history of a small company: the ground truth, the webhook notifications, and the facts of the REST API.
 * The same options always give the same result.
 */
export function simulateCompany(options: CompanyOptions): Simulation {
  const { seed, calls: count, account = 'default', family: notation = 'classic' } = options
  const {
    messages = Math.ceil(count / 2),
    contacts = 12,
    presenceChanges = count,
    hours = Math.max(1, count / 10),
    longCalls = 0,
    redials = 0,
    otherNotation = 0,
    readWithinDays
  } = options
  const startAt = Math.floor(options.startAt)
  const settingFor = (subject: number): Setting => ({
    account,
    random: createRandom(seed, subject),
    startAt,
    endAt: Math.ceil(startAt + hours * HOUR_MS),
    ...(readWithinDays !== undefined && { readWithinSeconds: readWithinDays * 86_400 })
  })
  const staff = createStaff(createRandom(seed, 1), contacts)
  const presence = simulatePresence(settingFor(2), staff, presenceChanges)
  const { calls, notifications } = playCalls(settingFor(3), staff, {
    count,
    notation,
    presences: presence.presences,
    longCalls,
    redials,
    otherNotation
  })
  let known: RestKnowledge | null = null
  // lazy: a benchmark that folds a million calls needs no facts
  const restKnowledge = () =>
    (known ??= simulateRestFacts(settingFor, { staff, calls, presence, messageCount: messages }))
  return {
    truth: {
      account,
      staff,
      calls,
      presences: presence.presences,
      get voicemails() {
        return restKnowledge().voicemails
      },
      get messages() {
        return restKnowledge().messages
      },
      get threads() {
        return restKnowledge().threads
      },
      get numbers() {
        return restKnowledge().numbers
      },
      get extensions() {
        return restKnowledge().extensions
      },
      get contacts() {
        return restKnowledge().contacts
      }
    },
    notifications,
    get facts() {
      return restKnowledge().facts
    }
  }
}
