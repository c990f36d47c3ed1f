import { type CallEvent, callEvents } from './call.js'
import type { Topic } from './topics.js'
import { type UnclassifiedEvent, unclassifiedEvent } from './unclassified.js'

/** Everything that can happen. */
export type Event = CallEvent | UnclassifiedEvent
export type EventType = Event['type']

/** What an event belongs to; its history is folded into one row. */
export interface Entity {
  account: string
  kind: EntityKind
  entity: string
}
export type EntityKind = 'call' | 'unclassified'

/** Every event's schema: the only source of the types, the validators and the published schemas. A new event is one line here. */
export const eventSchemas = [...callEvents, unclassifiedEvent]

const TOPIC_OF: Record<EntityKind, Topic> = { call: 'calls', unclassified: 'unclassified' }

/** The one entity that the event belongs to. */
export function entityOf (event: Event): Entity {
  const { account } = event
  switch (event.type) {
    case 'call.started':
    case 'call.ringing':
    case 'call.ring-stopped':
    case 'call.connected':
    case 'call.completed':
      return { account, kind: 'call', entity: event.callId }
    case 'unclassified':
      return { account, kind: 'unclassified', entity: event.id }
    default:
      throw new TypeError(`no entity for ${(event satisfies never as Event).type}`)
  }
}

export function topicOf (entity: Entity): Topic {
  return TOPIC_OF[entity.kind]
}
