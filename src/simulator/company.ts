import type { Event } from '../events/event.js'
import { DAY_MS, HOUR_MS } from '../lib/instant.js'
import type { Notation } from './call-script.js'
import { randomMoment, type Setting } from './fact.js'
import type { Notification } from './notifications.js'
import { playCalls } from './play-calls.js'
import { simulatePresence } from './presence.js'
import { createRandom } from './random.js'
import { type RestKnowledge, simulateRestFacts } from './rest-facts.js'
import { createStaff } from './staff.js'
import type { Truth } from './truth.js'

export interface CompanyOptions {
  seed: number
  /** When the company opens, or, with `past`, when its present begins; in milliseconds since 1970. */
  startAt: number
  /** The number of calls from `startAt` on. */
  calls: number
  /** What came before `startAt`: so many calls, in the working hours of so many days. Default: nothing. */
  past?: { days: number; calls: number }
  /** True when there are enough agents, so that most calls are answered. Default: false. */
  isStaffed?: boolean
  /** Default: half the number of calls, past ones included. */
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

const NO_PAST = { days: 0, calls: 0 }
/** Of every day but Saturday and Sunday, in UTC. */
const WORKING_HOURS = { from: 8, until: 18 }

/**
 * Simulates the history of a small company: the ground truth, the webhook notifications, and the facts of the REST API.
 * The same options always give the same result.
 */
export function simulateCompany(options: CompanyOptions): Simulation {
  const { seed, calls: count, account = 'default', family: notation = 'classic', past = NO_PAST } = options
  const {
    messages = Math.ceil((count + past.calls) / 2),
    contacts = 12,
    presenceChanges = count + past.calls,
    hours = Math.max(1, count / 10),
    isStaffed = false,
    longCalls = 0,
    redials = 0,
    otherNotation = 0,
    readWithinDays
  } = options
  const startAt = Math.floor(options.startAt)
  const settingFor = (subject: number): Setting => ({
    account,
    random: createRandom(seed, subject),
    startAt: startAt - past.days * DAY_MS,
    endAt: Math.ceil(startAt + hours * HOUR_MS),
    ...(readWithinDays !== undefined && { readWithinSeconds: readWithinDays * 86_400 })
  })
  const staff = createStaff(createRandom(seed, 1), { contacts, additionalAgents: isStaffed ? 6 : 0 })
  const presence = simulatePresence(settingFor(2), staff, { changes: presenceChanges, isStaffed })
  const callSetting = settingFor(3)
  const present = Array.from({ length: count }, () => randomMoment({ ...callSetting, startAt }))
  const { calls, notifications } = playCalls(callSetting, staff, {
    moments: [...present, ...pastMoments(callSetting, { startAt, past })],
    isStaffed,
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

/** Picks instants in the working hours before `startAt`, of the given number of days and of the day of `startAt`. */
function pastMoments(
  { random }: Setting,
  { startAt, past }: { startAt: number; past: { days: number; calls: number } }
): number[] {
  const today = Math.floor(startAt / DAY_MS) * DAY_MS
  const hours = Array.from({ length: past.days + 1 }, (_, day) => ({
    from: Math.max(today - day * DAY_MS + WORKING_HOURS.from * HOUR_MS, startAt - past.days * DAY_MS),
    until: Math.min(today - day * DAY_MS + WORKING_HOURS.until * HOUR_MS, startAt)
  })).filter(({ from, until }) => from < until && !isWeekend(from))
  const openMs = hours.reduce((sum, { from, until }) => sum + until - from, 0)
  const momentAfter = (elapsedMs: number): number => {
    let left = elapsedMs
    for (const { from, until } of hours) {
      if (left < until - from) return from + left
      left -= until - from
    }
    return startAt
  }
  return openMs === 0 ? [] : Array.from({ length: past.calls }, () => momentAfter(random.int(0, openMs - 1)))
}

function isWeekend(at: number): boolean {
  return [0, 6].includes(new Date(at).getUTCDay())
}
