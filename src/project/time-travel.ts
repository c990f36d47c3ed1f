import type pg from 'pg'
import type { callHistory, callLegs } from '../db/schema/calls.js'
import type { Tx } from '../db/transaction.js'
import type { Entity } from '../events/event.js'
import type { FoldedCallEvent } from './models/calls/facts.js'
import { type Call, foldCall } from './models/calls/fold.js'
import { compare } from './models/facts.js'
import { loadHistories } from './stored-events.js'

export interface CallKey {
  account: string
  callId: string
}

/** Either may be left out: then it cuts nothing. */
export interface Instants {
  /** What happened later is left out. */
  asOf?: Date | undefined
  /** What was received later is left out. */
  knownAt?: Date | undefined
}

/** A call as its tables would hold it, without what it adds to the reports. */
export interface CallThen {
  row: Omit<typeof callHistory.$inferSelect, 'contribution'>
  legs: (typeof callLegs.$inferSelect)[]
}

/** An event, and the call by all that had been received when it came. */
export interface Arrival {
  event: FoldedCallEvent
  call: CallThen | null
}

/** Calls as they were: folded from their events at the moment of asking, so that nothing need be stored for it. */
export interface TimeTravel {
  /** In the order of the keys; null where there was no call. */
  callsAt(keys: readonly CallKey[], instants: Instants): Promise<(CallThen | null)[]>
  /** The first so many events of a call, in the order in which they were received. */
  timeline(key: CallKey, limit: number): Promise<Arrival[]>
}

/** Reads only: no locks, and no rows of read models. */
export function createTimeTravel(pool: Pick<pg.Pool, 'query'>): TimeTravel {
  return {
    callsAt: async (keys, { asOf, knownAt }) => {
      const histories = await historiesOf(pool, keys)
      return histories.map(({ key, events }) =>
        callThen(key, foldCall(events, { asOf: asOf?.getTime(), knownAt: knownAt?.getTime() }))
      )
    },
    timeline: async (key, limit) => {
      const [history] = await historiesOf(pool, [key])
      const received = [...(history?.events ?? [])].sort(byReceipt)
      return received
        .slice(0, limit)
        .map((event, i) => ({ event, call: callThen(key, foldCall(received.slice(0, i + 1))) }))
    }
  }
}

async function historiesOf(tx: Tx, keys: readonly CallKey[]): Promise<{ key: CallKey; events: FoldedCallEvent[] }[]> {
  if (keys.length === 0) return []
  const histories = await loadHistories(
    tx,
    keys.map(({ account, callId }): Entity => ({ account, kind: 'call', entity: callId }))
  )
  return histories.map(({ entity: { account, entity }, events }) => ({
    key: { account, callId: entity },
    events: events as FoldedCallEvent[]
  })) // an entity of kind call has no other events
}

/** Events of one batch are received in the same millisecond: MightyCall's own order tells them apart. */
function byReceipt(a: FoldedCallEvent, b: FoldedCallEvent): number {
  return compare(a.receivedAt, b.receivedAt) || compare(a.occurredAt, b.occurredAt) || compare(a.id, b.id)
}

function callThen(key: CallKey, call: Call | null): CallThen | null {
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
