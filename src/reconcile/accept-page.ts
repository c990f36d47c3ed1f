import type pg from 'pg'
import type { EventLog } from '../event-log/port.js'
import type { Event } from '../events/event.js'
import { type AppendOptions, createFactAppender } from './append-facts.js'
import { type CallFact, createCallHold } from './gaps/held-calls.js'
import type { Fact } from './route-reader.js'

export interface PageAcceptorOptions {
  pool: pg.Pool
  log: Pick<EventLog, 'append'>
  now: () => Date
}

export type AcceptPage = (facts: readonly Fact[], options?: AppendOptions) => Promise<Event[]>

/**
 * What becomes of a page that was read of one account: reported calls that no webhook has told yet are held back for a
 * while,
 * and of the rest, what says anything new is appended. Ended anywhere, it may be done again.
 *
 * @returns  resolves, with what was appended, when that is in the log
 */
export function createPageAcceptor({ pool, log, now }: PageAcceptorOptions): AcceptPage {
  const appender = createFactAppender({ pool, log })
  const [present, past] = [createCallHold(pool), createCallHold(pool, { isPast: true })]

  return async (facts, options = {}) => {
    const hold = options.isPast ? past : present
    const calls = facts.filter((fact): fact is CallFact => fact.type === 'call.reported')
    const others = facts.filter(fact => fact.type !== 'call.reported')
    const account = facts.find(fact => fact.type === 'call.reported' || endsCalls(fact))?.account
    if (account === undefined) return appender.append(others, options)
    const sifted = await hold.takeDue(account, calls, now())
    const events = await appender.append([...sifted.map(({ fact }) => fact), ...others], options)
    await hold.forget(account, sifted, now())
    return events
  }
}

/**
 * At the end of each reading of calls, those that were held for long enough come out, even when nothing new was told.
 */
function endsCalls(fact: Fact): boolean {
  return fact.type === 'range.polled' && fact.polled === 'calls'
}
