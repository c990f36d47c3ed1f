import { type Entity, type Event, entityOf } from '../events/event.js'
import { canonical, factId } from '../events/identity.js'
import type { Fact } from './route-reader.js'

/** The facts that follow one another: each is only worth telling when it differs from the one before. */
export interface FactChain extends Entity {
  chain: string
}

/** What is known of a fact that others are compared with. */
export interface LatestFact {
  id: string
  occurredAt: string
  content: string
}

/**
 * Which facts a fact follows: those of its entity by the same route, since a fold takes the newest of each.
 * What is there and what is gone follow one another. Presence does too, whatever the route: its fold is one timeline,
 * in which REST must
 * contradict what a webhook said meanwhile, be it what REST said last.
 */
export function chainOf(fact: Fact): FactChain {
  const entity = entityOf(fact as Event) // which looks at no id
  switch (fact.type) {
    case 'call.reported':
    case 'voicemail.reported':
    case 'message.reported':
    case 'extension.reported':
      return { ...entity, chain: fact.route }
    case 'status.reported':
    case 'number.reported':
    case 'number.removed':
    case 'contact.reported':
    case 'contact.removed':
    case 'range.polled':
      return { ...entity, chain: '' }
    default:
      throw new TypeError(`no chain for ${(fact satisfies never as Fact).type}`)
  }
}

export const chainKey = ({ account, kind, entity, chain }: FactChain): string =>
  `${account}\n${kind}\n${entity}\n${chain}`

/** What a fold reads of a fact, always written in the same way: not when it was told, nor what MightyCall sent. */
export function contentOf(type: string, fields: object): string {
  const { id, account, occurredAt, receivedAt, source, clock, raw, rawEncoding, inferred, ...read } = fields as Record<
    string,
    unknown
  > // looks at nothing
  return canonical({ ...read, type })
}

/** The event that a fact is after the chain's newest fact, or null: it says nothing new. */
export function nextEvent(fact: Fact, newest: LatestFact | null): Event | null {
  const chain = chainOf(fact)
  const content = contentOf(fact.type, fact)
  if (newest?.content === content) return null
  const id = factId(chain, { chain: chain.chain, content, before: newest?.id ?? null })
  const occurredAt = newest ? later(fact.occurredAt, newest.occurredAt) : fact.occurredAt
  return { ...fact, id, occurredAt } as Event // a fact is an event but for its id
}

/** A range is known by itself: to have read it again with the same counts is no news. */
export function rangeEvent(fact: Extract<Fact, { type: 'range.polled' }>): Event {
  return {
    ...fact,
    id: factId(chainOf(fact), {
      chain: '',
      content: `${fact.count}${fact.unread ? ` ${fact.unread}` : ''}`,
      before: null
    })
  }
}

/** True when a fold would take `a` for the newer: by time, and at one instant by id. */
export function isNewer(a: LatestFact, b: LatestFact): boolean {
  const ms = Date.parse(a.occurredAt) - Date.parse(b.occurredAt)
  return ms > 0 || (ms === 0 && a.id > b.id)
}

/** Not before the fact that it follows, be it that a clock was set back: the fold goes by these times. */
function later(occurredAt: string, before: string): string {
  const least = Date.parse(before) + 1
  return Date.parse(occurredAt) >= least ? occurredAt : new Date(least).toISOString()
}
