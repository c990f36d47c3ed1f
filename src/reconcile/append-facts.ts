import type pg from 'pg'
import { bulkValues, parameter, unnestSql } from '../db/bulk-sql.js'
import { entityColumns } from '../db/event-columns.js'
import type { EventLog } from '../event-log/port.js'
import type { Event } from '../events/event.js'
import { encodeEvent } from '../events/record.js'
import {
  chainKey,
  chainOf,
  contentOf,
  type FactChain,
  isNewer,
  type LatestFact,
  nextEvent,
  rangeEvent
} from './fact.js'
import type { Fact } from './route-reader.js'

export interface FactAppender {
  /**
   * Appends those of the facts that say something new, in their order; resolves, with them, once they are durable.
   * May be repeated after any failure, by another process too: the same facts get the same ids.
   */
  append: (facts: readonly Fact[], options?: AppendOptions) => Promise<Event[]>
}

export interface AppendOptions {
  /** They are of old rows: what these say of an agent is as of then, and no news where anything is known. */
  isPast?: boolean
}

interface FactAppenderOptions {
  pool: pg.Pool
  log: Pick<EventLog, 'append'>
  /** How many facts that are not projected yet it keeps in mind. */
  maxRemembered?: number
}

/**
 * What turns facts into facts: one for each process, since it keeps in mind what it has appended until that is
 * projected.
 */
export function createFactAppender({ pool, log, maxRemembered = 100_000 }: FactAppenderOptions): FactAppender {
  const memory = createMemory(maxRemembered)
  let last: Promise<unknown> = Promise.resolve()

  async function append(facts: readonly Fact[], { isPast = false }: AppendOptions): Promise<Event[]> {
    const chains = [
      ...new Map(
        facts
          .filter(fact => fact.type !== 'range.polled')
          .map(chainOf)
          .map(chain => [chainKey(chain), chain])
      ).values()
    ]
    const newest = memory.merge(await loadLatestFacts(pool, chains), chains)
    const events = facts.flatMap(fact => (isPast && isOutdated(fact, newest) ? [] : (eventOf(fact, newest) ?? [])))
    if (events.length > 0) await log.append(events.map(encodeEvent))
    memory.keep(events, newest)
    return events
  }

  return {
    append: (facts, options = {}) => {
      // one after another: two at once would not know of each other's facts
      const appending = last.then(() => append(facts, options))
      last = appending.catch(() => {})
      return appending
    }
  }
}

function isOutdated(fact: Fact, newest: ReadonlyMap<string, LatestFact>): boolean {
  return fact.type === 'extension.reported' && newest.has(chainKey(chainOf(fact)))
}

/** The event that the fact is, noted as its chain's newest; null when it is none. */
function eventOf(fact: Fact, newest: Map<string, LatestFact>): Event | null {
  if (fact.type === 'range.polled') return rangeEvent(fact)
  const key = chainKey(chainOf(fact))
  const event = nextEvent(fact, newest.get(key) ?? null)
  if (event) newest.set(key, { id: event.id, occurredAt: event.occurredAt, content: contentOf(event.type, event) })
  return event
}

/**
 * The newest facts that were appended and may not be projected yet. To forget one is harmless: the same fact gets
 * the same id again,
 * and another one waits for the next reading.
 */
function createMemory(max: number) {
  const appended = new Map<string, LatestFact>()
  return {
    /** What is newest by the database and by this memory together; what the database knows by now is forgotten. */
    merge: (stored: Map<string, LatestFact>, chains: readonly FactChain[]): Map<string, LatestFact> => {
      for (const key of chains.map(chainKey)) {
        const [own, known] = [appended.get(key), stored.get(key)]
        if (own && (!known || isNewer(own, known))) stored.set(key, own)
        else appended.delete(key)
      }
      return stored
    },
    keep: (events: readonly Event[], newest: ReadonlyMap<string, LatestFact>): void => {
      const ids = new Set(events.map(event => event.id))
      for (const [key, fact] of newest) {
        if (!ids.has(fact.id)) continue
        appended.delete(key) // so that it is the last to be forgotten
        appended.set(key, fact)
      }
      for (const key of appended.keys()) {
        if (appended.size <= max) break
        appended.delete(key)
      }
    }
  }
}

const columns = [...entityColumns, parameter('chain', 'text')]

/**
 * Lateral, so that each entity's events are read by their key: as a join, all partitions would be read while they are
 * small.
 */
const NEWEST = `select u.account, u.kind, u.entity, u.chain, e.id, e.type, e.occurred_at, e.fields from ${unnestSql(columns)} cross join lateral (
    select e.id, e.type, e.occurred_at, e.fields from events e
    where e.account = u.account and e.kind = u.kind and e.entity = u.entity
      and (e.type like '%.reported' or e.type like '%.removed') and (u.chain = '' or e.fields->>'route' = u.chain)
    order by e.occurred_at desc, e.id desc limit 1
  ) e`

interface FactRow extends FactChain {
  id: string
  type: string
  occurred_at: Date
  fields: object
}

/** The newest projected fact of each chain that has one, by its key. */
export async function loadLatestFacts(pool: pg.Pool, chains: readonly FactChain[]): Promise<Map<string, LatestFact>> {
  if (chains.length === 0) return new Map()
  const { rows } = await pool.query<FactRow>(NEWEST, bulkValues(columns, chains))
  return new Map(
    rows.map(row => [
      chainKey(row),
      { id: row.id, occurredAt: row.occurred_at.toISOString(), content: contentOf(row.type, row.fields) }
    ])
  )
}
