import type { RangePolled } from '../events/directory.js'
import type { Event } from '../events/event.js'
import { simulateContacts } from './contacts.js'
import { simulateExtensions, simulateNumbers } from './directory.js'
import { restEnvelope, type Setting } from './fact.js'
import { formatInstant } from './instant.js'
import { simulateMessages } from './messages.js'
import type { SimulatedPresence } from './presence.js'
import { reportedCalls } from './reported-calls.js'
import type { Staff } from './staff.js'
import type { TrueCall } from './true-call.js'
import type { TruePresence, Truth } from './truth.js'
import { simulateVoicemails } from './voicemails.js'

/** The part of the ground truth that only the REST API reports, and the facts that report it. */
export interface RestKnowledge
  extends Pick<Truth, 'voicemails' | 'messages' | 'threads' | 'numbers' | 'extensions' | 'contacts'> {
  facts: Event[]
}

interface Company {
  staff: Staff
  calls: TrueCall[]
  presence: SimulatedPresence
  messageCount: number
}

/** Simulates everything that only the REST API reports. Facts are ordered by time. */
export function simulateRestFacts(
  settingFor: (subject: number) => Setting,
  { staff, calls, presence, messageCount }: Company
): RestKnowledge {
  const voicemail = simulateVoicemails(settingFor(4), staff, calls)
  const message = simulateMessages(settingFor(5), staff, messageCount)
  const number = simulateNumbers(settingFor(6), staff)
  const extension = simulateExtensions(settingFor(7), staff, calls)
  const contact = simulateContacts(settingFor(8), staff)
  const facts: Event[] = [
    reportedCalls(settingFor(9), staff, calls),
    voicemail.facts,
    message.facts,
    presence.facts,
    number.facts,
    extension.facts,
    contact.facts,
    polledRanges(settingFor(10), calls, presence.presences)
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

const HOUR_MS = 60 * 60 * 1000

/** The routes that list what happened in an hour. */
const LISTS = ['calls', 'voicemails', 'journal'] as const

/**
 * Simulates the record of polls: every list for each hour, so long after it that no call of the hour is in progress any
 * more, and each agent whose presence is known.
 */
function polledRanges(setting: Setting, calls: readonly TrueCall[], presences: readonly TruePresence[]): RangePolled[] {
  const extensions = [...new Set(presences.map(span => span.extension))]
  const facts: RangePolled[] = []
  let next = 0
  for (let from = setting.startAt; from < setting.endAt; from += HOUR_MS) {
    const until = from + HOUR_MS
    const first = next
    while ((calls[next]?.startedAt ?? until) < until) next++
    const interval = { from, until, count: next - first }
    for (const route of LISTS) facts.push(rangePolled(setting, { route, scope: null, afterHours: 13 }, interval))
    for (const extension of extensions)
      facts.push(
        rangePolled(setting, { route: 'presence', scope: extension, afterHours: 1 }, { from, until, count: 1 })
      )
  }
  return facts
}

function rangePolled(
  setting: Setting,
  { route, scope, afterHours }: { route: string; scope: string | null; afterHours: number },
  { from, until, count }: { from: number; until: number; count: number }
): RangePolled {
  const at = until + setting.random.int(afterHours * HOUR_MS, (afterHours + 0.2) * HOUR_MS)
  return {
    type: 'range.polled',
    rangeId: [route, ...(scope === null ? [] : [scope]), formatInstant(from), formatInstant(until)].join(' '),
    polled: route,
    scope,
    from: formatInstant(from),
    until: formatInstant(until),
    count,
    ...restEnvelope(setting, at)
  }
}
