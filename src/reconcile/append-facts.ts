import type pg from 'pg'
import { bulkValues, parameter, unnestSql } from '../db/bulk-sql.js'
import { entityColumns } from '../db/event-columns.js'
import type { EventLog } from '../event-log/port.js'
import type { Event } from '../events/event.js'
import { encodeEvent } from '../events/record.js'
import {
  chainKey,
  chainOf,
  changeRuleOf,
  contentOf,
  type FactChain,
  isNewer,
  type LatestFact,
  nextEvent,
  rangeEvent
} from './fact-chain.js'
import type { Fact } from './route-reader.js'

export interface FactAppender {
  /**
   * Appends the facts that are changes, in their order, and resolves with their events once these are durable.
   * It may be repeated after any failure, by another process too: the same facts get the same ids.
   */
  append: (facts: readonly Fact[], options?: AppendOptions) => Promise<Event[]>
}

export interface AppendOptions {
  /** True for facts of a backfill: they are old, and may not replace what is known (see ChangeRule). */
  isPast?: boolean
}

interface FactAppenderOptions {
  pool: pg.Pool
  log: Pick<EventLog, 'append'>
  /** How many appended facts are remembered until they are projected. */
  maxRemembered?: number
}

/** Turns facts into events. A process has one appender, which remembers what it has appended until it is projected. */
export function createFactAppender({ pool, log, maxRemembered = 100_000 }: FactAppenderOptions): FactAppender {
  const memory = createMemory(maxRemembered)
  let last: Promise<unknown> = Promise.resolve()

  async function append(facts: readonly Fact[], { isPast = false }: AppendOptions): Promise<Event[]> {
    const chains = [
      ...new Map(
        facts
          .flatMap(fact => (fact.type === 'range.polled' ? [] : chainOf(fact)))
          .map(chain => [chainKey(chain), chain])
      ).values()
    ]
    const latest = memory.merge(await loadLatestFacts(pool, chains), chains)
    const events = facts.flatMap(fact => (isPast && keepsKnown(fact, latest) ? [] : (eventOf(fact, latest) ?? [])))
    if (events.length > 0) await log.append(events.map(encodeEvent))
    memory.keep(events, latest)
    return events
  }

  return {
    append: (facts, options = {}) => {
      // one after another: two appends at once would not see each other's facts
      const appending = last.then(() => append(facts, options))
      last = appending.catch(() => {})
      return appending
    }
  }
}

function keepsKnown(fact: Fact, latest: ReadonlyMap<string, LatestFact>): boolean {
  if (fact.type === 'range.polled' || !changeRuleOf(fact).keepsKnownInBackfill) return false
  return latest.has(chainKey(chainOf(fact)))
}

/** The event of a fact, which then is the latest of its chain; null when the fact changes nothing. */
function eventOf(fact: Fact, latest: Map<string, LatestFact>): Event | null {
  if (fact.type === 'range.polled') return rangeEvent(fact)
  const key = chainKey(chainOf(fact))
  const event = nextEvent(fact, latest.get(key) ?? null)
  if (event) latest.set(key, { id: event.id, occurredAt: event.occurredAt, content: contentOf(event.type, event) })
  return event
}

/**
 * The latest facts that were appended and may not be projected yet. Forgetting one is harmless: the same fact gets the
 * same id again, and a different one waits for the next reading.
 */
function createMemory(max: number) {
  const appended = new Map<string, LatestFact>()
  return {
    /** Adds to what is stored what only this memory knows, and forgets what is stored by now. */
    merge: (stored: Map<string, LatestFact>, chains: readonly FactChain[]): Map<string, LatestFact> => {
      for (const key of chains.map(chainKey)) {
        const [own, known] = [appended.get(key), stored.get(key)]
        if (own && (!known || isNewer(own, known))) stored.set(key, own)
        else appended.delete(key)
      }
      return stored
    },
    keep: (events: readonly Event[], latest: ReadonlyMap<string, LatestFact>): void => {
      const ids = new Set(events.map(event => event.id))
      for (const [key, fact] of latest) {
        if (!ids.has(fact.id)) continue
        appended.delete(key) // inserted again at the end, so that it is the last to be forgotten
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

/** Lateral, so that each entity's events are read by key: a join would scan whole partitions while they are small. */
const LATEST = `select u.account, u.kind, u.entity, u.chain, e.id, e.type, e.occurred_at, e.fields
  from ${unnestSql(columns)} cross join lateral (
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

/** The latest projected fact of each chain that has one, by the chain's key. */
async function loadLatestFacts(pool: pg.Pool, chains: readonly FactChain[]): Promise<Map<string, LatestFact>> {
  if (chains.length === 0) return new Map()
  const { rows } = await pool.query<FactRow>(LATEST, bulkValues(columns, chains))
  return new Map(
    rows.map(row => [
      chainKey(row),
      { id: row.id, occurredAt: row.occurred_at.toISOString(), content: contentOf(row.type, row.fields) }
    ])
  )
}
