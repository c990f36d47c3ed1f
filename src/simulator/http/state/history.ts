import type { CallReported } from '../../../events/call.js'
import type { ContactEvent, ExtensionReported, NumberEvent } from '../../../events/directory.js'
import type { Event } from '../../../events/event.js'
import type { MessageReported } from '../../../events/message.js'
import type { StatusReported } from '../../../events/status.js'
import type { VoicemailReported } from '../../../events/voicemail.js'

type Typed = Pick<Event, 'type' | 'occurredAt'>

/** What one route tells of its entities, and since when. */
export interface Told<Fact extends Typed> {
  add: (fact: Fact) => void
  /** The newest of each entity, as of an instant in milliseconds since 1970. */
  at: (instant: number) => Fact[]
  /** The newest of one entity that is of the type, if one is asked for. */
  of: (entity: string, instant: number, type?: Fact['type']) => Fact | null
  /** When the entity was first told of, or null: not until then. */
  firstAt: (entity: string, instant: number) => number | null
}

/**
 * All that the REST API ever tells of a company: a fact is visible from its `occurredAt` on, until the next of its
 * entity.
 */
export interface History {
  calls: Told<CallReported>
  journalCalls: Told<CallReported>
  voicemails: Told<VoicemailReported>
  journalVoicemails: Told<VoicemailReported>
  messages: Told<MessageReported>
  numbers: Told<NumberEvent>
  contacts: Told<ContactEvent>
  extensions: Told<ExtensionReported>
  presence: Told<StatusReported>
}

export function createHistory(facts: readonly Event[]): History {
  const history: History = {
    calls: told(fact => fact.callId),
    journalCalls: told(fact => fact.callId),
    voicemails: told(fact => fact.voicemailId),
    journalVoicemails: told(fact => fact.callId ?? fact.voicemailId),
    messages: told(fact => fact.messageId),
    numbers: told(fact => fact.number),
    contacts: told(fact => fact.contactId),
    extensions: told(fact => fact.extension),
    presence: told(fact => fact.extension)
  }
  for (const fact of facts) note(history, fact)
  return history
}

/** What is no fact of a route, such as `range.polled`, is ours and not MightyCall's. */
function note(history: History, fact: Event): void {
  if (fact.type === 'call.reported') (fact.route === 'calls' ? history.calls : history.journalCalls).add(fact)
  else if (fact.type === 'voicemail.reported')
    (fact.route === 'voicemails' ? history.voicemails : history.journalVoicemails).add(fact)
  else if (fact.type === 'message.reported') history.messages.add(fact)
  else if (fact.type === 'number.reported' || fact.type === 'number.removed') history.numbers.add(fact)
  else if (fact.type === 'contact.reported' || fact.type === 'contact.removed') history.contacts.add(fact)
  else if (fact.type === 'extension.reported') history.extensions.add(fact)
  else if (fact.type === 'status.reported') history.presence.add(fact)
}

interface Dated<Fact> {
  at: number
  fact: Fact
}

function told<Fact extends Typed>(entityOf: (fact: Fact) => string): Told<Fact> {
  const byEntity = new Map<string, Dated<Fact>[]>()
  return {
    add: fact => {
      const entity = entityOf(fact)
      const at = Date.parse(fact.occurredAt)
      const own = byEntity.get(entity) ?? []
      own.splice(own.findLastIndex(other => other.at <= at) + 1, 0, { at, fact })
      byEntity.set(entity, own)
    },
    at: instant => [...byEntity.values()].flatMap(own => newest(own, instant) ?? []),
    of: (entity, instant, type) =>
      newest(
        (byEntity.get(entity) ?? []).filter(({ fact }) => fact.type === (type ?? fact.type)),
        instant
      ),
    firstAt: (entity, instant) => {
      const first = byEntity.get(entity)?.[0]
      return first && first.at <= instant ? first.at : null
    }
  }
}

function newest<Fact>(own: readonly Dated<Fact>[], instant: number): Fact | null {
  return own.findLast(({ at }) => at <= instant)?.fact ?? null
}
