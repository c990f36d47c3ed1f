import type { Event } from '../events/event.js'
import type { Notation } from './call-script.js'
import type { Setting } from './fact.js'
import type { Notification } from './notifications.js'
import { playCalls } from './play-calls.js'
import { simulatePresence } from './presence.js'
import { createRandom } from './random.js'
import { createStaff } from './staff.js'
import { type RestKnowledge, simulateRestFacts } from './told-by-rest.js'
import type { Truth } from './truth.js'

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

/**
 * A small company's time with MightyCall: what is so, what is posted of it, and what REST tells of it. The same options
 * always give the same.
 */
export function simulateCompany(options: CompanyOptions): Simulation {
  const { seed, calls: count, account = 'default', family: notation = 'classic' } = options
  const {
    messages = Math.ceil(count / 2),
    contacts = 12,
    presenceChanges = count,
    hours = Math.max(1, count / 10)
  } = options
  const startAt = Math.floor(options.startAt)
  const settingFor = (subject: number): Setting => ({
    account,
    random: createRandom(seed, subject),
    startAt,
    endAt: Math.ceil(startAt + hours * HOUR_MS)
  })
  const staff = createStaff(createRandom(seed, 1), contacts)
  const presence = simulatePresence(settingFor(2), staff, presenceChanges)
  const { calls, notifications } = playCalls(settingFor(3), staff, { count, notation, presences: presence.presences })
  let known: RestKnowledge | null = null
  // when it is asked for: whoever folds a million calls looks at no fact
  const restKnowledge = () => (known ??= simulateRestFacts(settingFor, { staff, calls, presence, messages }))
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
