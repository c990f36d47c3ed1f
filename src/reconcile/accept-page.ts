import type pg from 'pg'
import type { EventLog } from '../event-log/port.js'
import type { Event } from '../events/event.js'
import { type AppendOptions, createAppender } from './append-facts.js'
import { type CallFinding, createCallHold } from './gaps/held-calls.js'
import type { Finding } from './route-reader.js'

export interface IntakeOptions {
  pool: pg.Pool
  log: Pick<EventLog, 'append'>
  now: () => Date
}

export type Intake = (findings: readonly Finding[], options?: AppendOptions) => Promise<Event[]>

/**
 * What becomes of a page that was read of one account: reported calls that no webhook has told yet are held back for a
 * while,
 * and of the rest, what says anything new is appended. Ended anywhere, it may be done again.
 *
 * @returns  resolves, with what was appended, when that is in the log
 */
export function createIntake({ pool, log, now }: IntakeOptions): Intake {
  const appender = createAppender({ pool, log })
  const [present, past] = [createCallHold(pool), createCallHold(pool, { isPast: true })]

  return async (findings, options = {}) => {
    const hold = options.isPast ? past : present
    const calls = findings.filter((finding): finding is CallFinding => finding.type === 'call.reported')
    const others = findings.filter(finding => finding.type !== 'call.reported')
    const account = findings.find(finding => finding.type === 'call.reported' || endsCalls(finding))?.account
    if (account === undefined) return appender.append(others, options)
    const sifted = await hold.sift(account, calls, now())
    const events = await appender.append([...sifted.map(({ finding }) => finding), ...others], options)
    await hold.release(account, sifted, now())
    return events
  }
}

/**
 * At the end of each reading of calls, those that were held for long enough come out, even when nothing new was told.
 */
function endsCalls(finding: Finding): boolean {
  return finding.type === 'range.polled' && finding.polled === 'calls'
}
