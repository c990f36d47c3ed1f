import type { CallReported } from '../../../events/call.js'
import type { ContactEvent, ExtensionReported, NumberEvent } from '../../../events/directory.js'
import type { Event } from '../../../events/event.js'
import type { MessageReported } from '../../../events/message.js'
import type { StatusReported } from '../../../events/status.js'
import type { VoicemailReported } from '../../../events/voicemail.js'

type Typed = Pick<Event, 'type' | 'occurredAt'>

/** The facts that one route reports about its entities, over time. Instants are milliseconds since 1970. */
interface FactTimeline<Fact extends Typed> {
  add: (fact: Fact) => void
  /** Returns the newest fact of each entity at an instant. */
  snapshotAt: (instant: number) => Fact[]
  /** Returns the newest fact of one entity at an instant, of the given type if there is one. */
  latest: (entity: string, instant: number, type?: Fact['type']) => Fact | null
  /** Returns when the entity was first reported, or `null` when it was not reported until the instant. */
  firstSeenAt: (entity: string, instant: number) => number | null
}

/** All facts that the REST API reports. A fact is visible from its `occurredAt` until the next one of its entity. */
export interface History {
  calls: FactTimeline<CallReported>
  journalCalls: FactTimeline<CallReported>
  voicemails: FactTimeline<VoicemailReported>
  journalVoicemails: FactTimeline<VoicemailReported>
  messages: FactTimeline<MessageReported>
  numbers: FactTimeline<NumberEvent>
  contacts: FactTimeline<ContactEvent>
  extensions: FactTimeline<ExtensionReported>
  presence: FactTimeline<StatusReported>
}

export function createHistory(facts: readonly Event[]): History {
  const history: History = {
    calls: createFactTimeline(fact => fact.callId),
    journalCalls: createFactTimeline(fact => fact.callId),
    voicemails: createFactTimeline(fact => fact.voicemailId),
    journalVoicemails: createFactTimeline(fact => fact.callId ?? fact.voicemailId),
    messages: createFactTimeline(fact => fact.messageId),
    numbers: createFactTimeline(fact => fact.number),
    contacts: createFactTimeline(fact => fact.contactId),
    extensions: createFactTimeline(fact => fact.extension),
    presence: createFactTimeline(fact => fact.extension)
  }
  for (const fact of facts) addFact(history, fact)
  return history
}

/** Ignores events that MightyCall does not report, such as `range.polled`. */
function addFact(history: History, fact: Event): void {
  if (fact.type === 'call.reported') (fact.route === 'calls' ? history.calls : history.journalCalls).add(fact)
  else if (fact.type === 'voicemail.reported')
    (fact.route === 'voicemails' ? history.voicemails : history.journalVoicemails).add(fact)
  else if (fact.type === 'message.reported') history.messages.add(fact)
  else if (fact.type === 'number.reported' || fact.type === 'number.removed') history.numbers.add(fact)
  else if (fact.type === 'contact.reported' || fact.type === 'contact.removed') history.contacts.add(fact)
  else if (fact.type === 'extension.reported') history.extensions.add(fact)
  else if (fact.type === 'status.reported') history.presence.add(fact)
}

interface DatedFact<Fact> {
  at: number
  fact: Fact
}

function createFactTimeline<Fact extends Typed>(entityOf: (fact: Fact) => string): FactTimeline<Fact> {
  const byEntity = new Map<string, DatedFact<Fact>[]>()
  return {
    add: fact => {
      const entity = entityOf(fact)
      const at = Date.parse(fact.occurredAt)
      const own = byEntity.get(entity) ?? []
      own.splice(own.findLastIndex(other => other.at <= at) + 1, 0, { at, fact })
      byEntity.set(entity, own)
    },
    snapshotAt: instant => [...byEntity.values()].flatMap(own => newestUntil(own, instant) ?? []),
    latest: (entity, instant, type) =>
      newestUntil(
        (byEntity.get(entity) ?? []).filter(({ fact }) => fact.type === (type ?? fact.type)),
        instant
      ),
    firstSeenAt: (entity, instant) => {
      const first = byEntity.get(entity)?.[0]
      return first && first.at <= instant ? first.at : null
    }
  }
}

function newestUntil<Fact>(own: readonly DatedFact<Fact>[], instant: number): Fact | null {
  return own.findLast(({ at }) => at <= instant)?.fact ?? null
}
