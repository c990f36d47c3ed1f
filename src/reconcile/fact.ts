import { type Entity, type Event, entityOf } from '../events/event.js'
import { canonical, factId } from '../events/identity.js'
import type { Finding } from './route-reader.js'

/** The facts that follow one another: each is only worth telling when it differs from the one before. */
export interface Chain extends Entity {
  chain: string
}

/** What is known of a fact that others are compared with. */
export interface Fact {
  id: string
  occurredAt: string
  content: string
}

/**
 * Which facts a finding follows: those of its entity by the same route, since a fold takes the newest of each.
 * What is there and what is gone follow one another. Presence does too, whatever the route: its fold is one timeline,
 * in which REST must
 * contradict what a webhook said meanwhile, be it what REST said last.
 */
export function chainOf(finding: Finding): Chain {
  const entity = entityOf(finding as Event) // which looks at no id
  switch (finding.type) {
    case 'call.reported':
    case 'voicemail.reported':
    case 'message.reported':
    case 'extension.reported':
      return { ...entity, chain: finding.route }
    case 'status.reported':
    case 'number.reported':
    case 'number.removed':
    case 'contact.reported':
    case 'contact.removed':
    case 'range.polled':
      return { ...entity, chain: '' }
    default:
      throw new TypeError(`no chain for ${(finding satisfies never as Finding).type}`)
  }
}

export const chainKey = ({ account, kind, entity, chain }: Chain): string => `${account}\n${kind}\n${entity}\n${chain}`

/** What a fold reads of a fact, always written in the same way: not when it was told, nor what MightyCall sent. */
export function contentOf(type: string, fields: object): string {
  const { id, account, occurredAt, receivedAt, source, clock, raw, rawEncoding, inferred, ...read } = fields as Record<
    string,
    unknown
  > // looks at nothing
  return canonical({ ...read, type })
}

/** The event that a finding is after the chain's newest fact, or null: it says nothing new. */
export function nextFact(finding: Finding, newest: Fact | null): Event | null {
  const chain = chainOf(finding)
  const content = contentOf(finding.type, finding)
  if (newest?.content === content) return null
  const id = factId(chain, { chain: chain.chain, content, before: newest?.id ?? null })
  const occurredAt = newest ? later(finding.occurredAt, newest.occurredAt) : finding.occurredAt
  return { ...finding, id, occurredAt } as Event // a finding is an event but for its id
}

/** A range is known by itself: to have read it again with the same counts is no news. */
export function rangeFact(finding: Extract<Finding, { type: 'range.polled' }>): Event {
  return {
    ...finding,
    id: factId(chainOf(finding), {
      chain: '',
      content: `${finding.count}${finding.unread ? ` ${finding.unread}` : ''}`,
      before: null
    })
  }
}

/** True when a fold would take `a` for the newer: by time, and at one instant by id. */
export function isNewer(a: Fact, b: Fact): boolean {
  const ms = Date.parse(a.occurredAt) - Date.parse(b.occurredAt)
  return ms > 0 || (ms === 0 && a.id > b.id)
}

/** Not before the fact that it follows, be it that a clock was set back: the fold goes by these times. */
function later(occurredAt: string, before: string): string {
  const least = Date.parse(before) + 1
  return Date.parse(occurredAt) >= least ? occurredAt : new Date(least).toISOString()
}
