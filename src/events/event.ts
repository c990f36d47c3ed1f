import {
  type CallEvent,
  type CallReported,
  type CallRequested,
  callEvents,
  callReported,
  callRequested
} from './call.js'
import {
  type ContactEvent,
  contactRemoved,
  contactReported,
  type ExtensionReported,
  extensionReported,
  type NumberEvent,
  numberRemoved,
  numberReported,
  type RangePolled,
  rangePolled
} from './directory.js'
import { type MessageEvent, messageFailed, messageReported, messageRequested, messageSent } from './message.js'
import { type StatusEvent, statusReported, statusRequested } from './status.js'
import type { Topic } from './topics.js'
import { type UnclassifiedEvent, unclassifiedEvent } from './unclassified.js'
import { type VoicemailEvent, voicemailMarked, voicemailReported } from './voicemail.js'

/** The event types of each kind of entity. This is the only list of entity kinds. */
export interface EventsOfKind {
  call: CallEvent | CallReported
  request: CallRequested
  voicemail: VoicemailEvent
  message: MessageEvent
  presence: StatusEvent
  number: NumberEvent
  extension: ExtensionReported
  contact: ContactEvent
  range: RangePolled
  unclassified: UnclassifiedEvent
}
export type EntityKind = keyof EventsOfKind

/** Every event of the system. */
export type Event = EventsOfKind[EntityKind]
export type EventType = Event['type']

/** An event as a fold sees it: folds use the normalized fields only, never what MightyCall sent. */
export type Folded<E extends Event> = E extends Event ? Omit<E, 'raw' | 'rawEncoding'> : never

/** The entity that an event belongs to. The events of an entity are folded into one row. */
export interface Entity {
  account: string
  kind: EntityKind
  entity: string
}

/**
 * The schemas of all events, the only source of the types, the validators and the published schemas. To add an event,
 * add its schema here.
 */
export const eventSchemas = [
  ...callEvents,
  callReported,
  callRequested,
  voicemailReported,
  voicemailMarked,
  messageReported,
  messageRequested,
  messageSent,
  messageFailed,
  statusReported,
  statusRequested,
  numberReported,
  numberRemoved,
  extensionReported,
  contactReported,
  contactRemoved,
  rangePolled,
  unclassifiedEvent
]

const TOPIC_OF: Record<EntityKind, Topic> = {
  call: 'calls',
  request: 'calls',
  voicemail: 'voicemails',
  message: 'messages',
  presence: 'statuses',
  number: 'directory',
  extension: 'directory',
  contact: 'directory',
  range: 'directory',
  unclassified: 'unclassified'
}

/** Returns the entity that the event belongs to. */
export function entityOf(event: Folded<Event>): Entity {
  const { account } = event
  switch (event.type) {
    case 'call.started':
    case 'call.ringing':
    case 'call.ring-stopped':
    case 'call.connected':
    case 'call.completed':
    case 'call.reported':
      return { account, kind: 'call', entity: event.callId }
    case 'call.requested':
      return { account, kind: 'request', entity: event.requestId }
    case 'voicemail.reported':
    case 'voicemail.marked':
      return { account, kind: 'voicemail', entity: event.voicemailId }
    case 'message.reported':
    case 'message.requested':
    case 'message.sent':
    case 'message.failed':
      return { account, kind: 'message', entity: event.messageId }
    case 'status.reported':
    case 'status.requested':
      return { account, kind: 'presence', entity: event.extension }
    case 'number.reported':
    case 'number.removed':
      return { account, kind: 'number', entity: event.number }
    case 'extension.reported':
      return { account, kind: 'extension', entity: event.extension }
    case 'contact.reported':
    case 'contact.removed':
      return { account, kind: 'contact', entity: event.contactId }
    case 'range.polled':
      return { account, kind: 'range', entity: event.rangeId }
    case 'unclassified':
      return { account, kind: 'unclassified', entity: event.id }
    default:
      throw new TypeError(`no entity for ${(event satisfies never as Event).type}`)
  }
}

export function topicOf(entity: Entity): Topic {
  return TOPIC_OF[entity.kind]
}
