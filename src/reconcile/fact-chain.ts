import { type Entity, type Event, entityOf } from '../events/event.js'
import { canonical, factId } from '../events/identity.js'
import type { ChangeRule, Fact, ReportedFact } from './route-reader.js'
import { ROUTE_READERS } from './routes/all-routes.js'

/** The facts that are compared with one another: each becomes an event only when it differs from the one before. */
export interface FactChain extends Entity {
  /** A route, or '' when the facts of all routes form one chain. */
  chain: string
}

/** The newest event of a chain. */
export interface LatestFact {
  id: string
  occurredAt: string
  content: string
}

const RULES = new Map(ROUTE_READERS.flatMap(reader => Object.entries(reader.changes)))

/** @throws TypeError  no reader declares this type among its `changes` */
export function changeRuleOf({ type }: ReportedFact): ChangeRule {
  const rule = RULES.get(type)
  if (!rule) throw new TypeError(`no route reader declares ${type} among its changes`)
  return rule
}

/** The chain that a fact belongs to, by the change rule of its type. */
export function chainOf(fact: ReportedFact): FactChain {
  const isByRoute = changeRuleOf(fact).comparedWith === 'same-route'
  return { ...entityOfFact(fact), chain: isByRoute && 'route' in fact ? fact.route : '' }
}

/** entityOf looks at no id, which is all that a fact lacks. */
function entityOfFact(fact: Fact): Entity {
  return entityOf(fact as Event)
}

export const chainKey = ({ account, kind, entity, chain }: FactChain): string =>
  `${account}\n${kind}\n${entity}\n${chain}`

/** The fields that a fold reads, in canonical form: neither when they were received nor what MightyCall sent. */
export function contentOf(type: string, fields: object): string {
  const { id, account, occurredAt, receivedAt, source, clock, raw, rawEncoding, inferred, ...read } = fields as Record<
    string,
    unknown
  > // every object can be read as one
  return canonical({ ...read, type })
}

/** The event that a fact becomes after the chain's latest one, or null when it changes nothing. */
export function nextEvent(fact: ReportedFact, latest: LatestFact | null): Event | null {
  const chain = chainOf(fact)
  const content = contentOf(fact.type, fact)
  if (latest?.content === content) return null
  const id = factId(chain, { chain: chain.chain, content, before: latest?.id ?? null })
  const occurredAt = latest ? laterOf(fact.occurredAt, latest.occurredAt) : fact.occurredAt
  return { ...fact, id, occurredAt } as Event // a fact is an event without its id
}

/** Ranges have no chain: reading one again with the same counts gives the same event. */
export function rangeEvent(fact: Extract<Fact, { type: 'range.polled' }>): Event {
  const content = `${fact.count}${fact.unread ? ` ${fact.unread}` : ''}`
  return { ...fact, id: factId(entityOfFact(fact), { chain: '', content, before: null }) }
}

/** True when a fold would take `a` for the newer one: by time, and at the same time by id. */
export function isNewer(a: LatestFact, b: LatestFact): boolean {
  const ms = Date.parse(a.occurredAt) - Date.parse(b.occurredAt)
  return ms > 0 || (ms === 0 && a.id > b.id)
}

/** Always after the fact before it, even when the clock was set back: folds sort by these times. */
function laterOf(occurredAt: string, before: string): string {
  const earliest = Date.parse(before) + 1
  return Date.parse(occurredAt) >= earliest ? occurredAt : new Date(earliest).toISOString()
}
