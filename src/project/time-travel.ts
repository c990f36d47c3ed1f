import type pg from 'pg'
import type { callHistory, callLegs, StatisticsColumn } from '../db/schema/calls.js'
import type { Tx } from '../db/transaction.js'
import type { FoldedCallEvent } from './models/calls/facts.js'
import { type Call, foldCall } from './models/calls/fold.js'
import { compare } from './models/facts.js'
import { loadHistories } from './stored-events.js'

export interface CallKey {
  account: string
  callId: string
}

/** Limits; one that is left out does not apply. */
export interface Instants {
  /** Facts that occurred later are left out. */
  asOf?: Date | undefined
  /** Events that were received later are left out. */
  knownAt?: Date | undefined
}

/** A call as its tables would store it, without the columns that only statistics read. */
export interface PastCall {
  row: Omit<typeof callHistory.$inferSelect, StatisticsColumn>
  legs: Omit<typeof callLegs.$inferSelect, 'answeredElsewhere'>[]
}

/** An event, and the call as it was known when the event was received. */
export interface Arrival {
  event: FoldedCallEvent
  call: PastCall | null
}

/** Past states of calls, folded from their events on request, so that no history has to be stored. */
export interface TimeTravel {
  /** The calls in the order of the keys; null for one that did not exist. */
  callsAt(keys: readonly CallKey[], instants: Instants): Promise<(PastCall | null)[]>
  /** Up to `limit` events of a call, in the order in which they were received. */
  timeline(key: CallKey, limit: number): Promise<Arrival[]>
}

/** Reads the table of events only, without locks. */
export function createTimeTravel(pool: Pick<pg.Pool, 'query'>): TimeTravel {
  return {
    callsAt: async (keys, { asOf, knownAt }) => {
      const histories = await historiesOf(pool, keys)
      return histories.map(({ key, events }) =>
        pastCall(key, foldCall(events, { asOf: asOf?.getTime(), knownAt: knownAt?.getTime() }))
      )
    },
    timeline: async (key, limit) => {
      const [history] = await historiesOf(pool, [key])
      const received = [...(history?.events ?? [])].sort(byReceipt)
      return received
        .slice(0, limit)
        .map((event, i) => ({ event, call: pastCall(key, foldCall(received.slice(0, i + 1))) }))
    }
  }
}

async function historiesOf(tx: Tx, keys: readonly CallKey[]): Promise<{ key: CallKey; events: FoldedCallEvent[] }[]> {
  if (keys.length === 0) return []
  const histories = await loadHistories(
    tx,
    keys.map(({ account, callId }) => ({ account, kind: 'call' as const, entity: callId }))
  )
  return histories.map(({ entity: { account, entity }, events }) => ({
    key: { account, callId: entity },
    events
  }))
}

/** Events that were received in the same millisecond are in the order of MightyCall's times. */
function byReceipt(a: FoldedCallEvent, b: FoldedCallEvent): number {
  return compare(a.receivedAt, b.receivedAt) || compare(a.occurredAt, b.occurredAt) || compare(a.id, b.id)
}

function pastCall(key: CallKey, call: Call | null): PastCall | null {
  if (call === null) return null
  const { legs, startedAt, answeredAt, endedAt, lastEventAt, ...rest } = call
  return {
    row: {
      ...key,
      ...rest,
      startedAt: new Date(startedAt),
      answeredAt: dateOf(answeredAt),
      endedAt: dateOf(endedAt),
      lastEventAt: new Date(lastEventAt)
    },
    legs: legs.map(leg => ({
      ...key,
      ...leg,
      ringingAt: dateOf(leg.ringingAt),
      connectedAt: dateOf(leg.connectedAt),
      endedAt: dateOf(leg.endedAt)
    }))
  }
}

function dateOf(at: number | null): Date | null {
  return at === null ? null : new Date(at)
}
