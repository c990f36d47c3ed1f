import type pg from 'pg'
import type { EventLog } from '../event-log/port.js'
import type { RangePolled } from '../events/directory.js'
import type { Event } from '../events/event.js'
import { type AppendOptions, createFactAppender } from './append-facts.js'
import { type CallFact, createCallHold } from './gaps/held-calls.js'
import type { Fact, FactOf } from './route-reader.js'
import { callsReader } from './routes/calls.js'

export interface PageAcceptorOptions {
  pool: pg.Pool
  log: Pick<EventLog, 'append'>
  now: () => Date
}

export type AcceptPage = (facts: readonly Fact[], options?: AppendOptions) => Promise<Event[]>

/**
 * Accepts the facts of a page, which are of one account: reported calls that no webhook has announced yet are held back
 * for a while, and of the other facts the changes are appended. After a failure at any point it may be repeated.
 *
 * @returns  resolves with the appended events once they are in the log
 */
export function createPageAcceptor({ pool, log, now }: PageAcceptorOptions): AcceptPage {
  const appender = createFactAppender({ pool, log })
  const [presentHold, pastHold] = [createCallHold(pool), createCallHold(pool, { isPast: true })]

  return async (facts, options = {}) => {
    const hold = options.isPast ? pastHold : presentHold
    const calls = facts.filter((fact): fact is CallFact => fact.type === 'call.reported')
    const others = facts.filter(fact => fact.type !== 'call.reported')
    const polled = facts.find(isPollOfCalls)
    const account = polled?.account ?? calls[0]?.account
    if (account === undefined) return appender.append(others, options)
    // after each reading of calls, those that were held for long enough are released, even when nothing new was read
    const listRead = polled ? { from: new Date(polled.from), until: new Date(polled.until) } : null
    const due = await hold.takeDue(account, calls, { now: now(), listRead })
    const events = await appender.append([...due.map(({ fact }) => fact), ...others], options)
    await hold.forget(account, due, now())
    return events
  }
}

function isPollOfCalls(fact: Fact): fact is FactOf<RangePolled> {
  return fact.type === 'range.polled' && fact.polled === callsReader.route
}
