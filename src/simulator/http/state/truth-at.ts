import { callAt } from '../../call-at.js'
import { formatInstant } from '../../instant.js'
import type { TrueCall } from '../../true-call.js'
import type { TrueMessage, TrueVoicemail } from '../../truth.js'
import type { Row } from '../wire.js'
import { presenceOf, type World } from './world.js'

export interface TruthAt {
  /** RFC 3339; all other times are milliseconds since 1970, as in the read models. */
  now: string
  calls: Row[]
  voicemails: Row[]
  messages: Row[]
  numbers: Row[]
  extensions: Row[]
  contacts: Row[]
  presence: Row[]
}

/**
 * Returns the ground truth until an instant, independent of what was reported. `shownAt` is when the REST API first
 * reported a row, `null` when it has not yet. A change without a time of its own, such as that a voicemail was heard,
 * takes effect when the REST API first reports it.
 */
export function truthAt(world: World, now: number): TruthAt {
  const { truth, history, users } = world
  return {
    now: formatInstant(now),
    calls: truth.calls.flatMap(call => trueCall(world, call, now)),
    voicemails: truth.voicemails
      .filter(({ leftAt, durationSeconds }) => leftAt + durationSeconds * 1000 <= now)
      .map(voicemail => trueVoicemail(world, voicemail, now)),
    messages: truth.messages.filter(({ sentAt }) => sentAt <= now).map(message => trueMessage(world, message, now)),
    numbers: history.numbers.snapshotAt(now).map(fact =>
      fact.type === 'number.reported'
        ? {
            number: fact.number,
            externalId: fact.externalId,
            label: fact.label,
            smsEnabled: fact.smsEnabled,
            isActive: fact.enabled,
            removedAt: null
          }
        : { number: fact.number, isActive: false, removedAt: Date.parse(fact.occurredAt) }
    ),
    extensions: users.map(({ extension, name, email, role, id }) => ({
      extension,
      displayName: name,
      email,
      role,
      externalId: id
    })),
    contacts: history.contacts.snapshotAt(now).map(fact =>
      fact.type === 'contact.reported'
        ? {
            contactId: fact.contactId,
            name: fact.name,
            channels: fact.channels,
            tags: fact.tags,
            removedAt: null,
            updatedAt: Date.parse(fact.occurredAt)
          }
        : {
            contactId: fact.contactId,
            removedAt: Date.parse(fact.occurredAt),
            updatedAt: Date.parse(fact.occurredAt)
          }
    ),
    presence: users.map(({ extension, key }) => ({
      extension,
      presence: presenceOf(world, extension, now),
      hasUserKey: key !== null
    }))
  }
}

/** The state that webhooks can show, and after the end of the call also the values that only the REST API has. */
function trueCall({ history }: World, call: TrueCall, now: number): Row[] {
  const state = callAt(call, now)
  if (state === null) return []
  const { outcome, ...known } = call.withRest
  return [
    {
      id: call.id,
      scenario: call.scenario,
      ...state,
      ...(call.endedAt <= now && { ...known, outcome }),
      shownAt: history.calls.firstSeenAt(call.id, now)
    }
  ]
}

function trueVoicemail({ history }: World, voicemail: TrueVoicemail, now: number): Row {
  const listed = history.voicemails.latest(voicemail.voicemailId, now)
  const inJournal = history.journalVoicemails.latest(voicemail.callId, now)
  return {
    ...voicemail,
    read: listed?.read === true || inJournal?.read === true,
    transcriptState: inJournal?.transcriptState ?? null,
    transcriptText: inJournal?.transcriptText ?? null,
    removedAt: ifPast(voicemail.removedAt, now),
    shownAt: history.voicemails.firstSeenAt(voicemail.voicemailId, now)
  }
}

function trueMessage({ history }: World, message: TrueMessage, now: number): Row {
  const reported = history.messages.latest(message.messageId, now)
  return {
    ...message,
    read: reported?.read ?? message.direction === 'outbound',
    removedAt: ifPast(message.removedAt, now),
    shownAt: history.messages.firstSeenAt(message.messageId, now)
  }
}

function ifPast(at: number | null, now: number): number | null {
  return at !== null && at <= now ? at : null
}
