import type { Test } from 'tap'
import type { CallEvent } from '../../src/events/call.js'
import type { Event } from '../../src/events/event.js'
import { type CompanyOptions, simulateCompany } from '../../src/simulator/company.js'
import { COMPANY_START, eventsOf, projectorOf } from './company.js'
import { freshDatabase } from './database.js'

export const HOUR_MS = 60 * 60 * 1000
export type Missing = 'call' | 'completion' | 'facts'

/** Which webhooks of a call never come, in turn; most calls lose none. */
const LOSSES: { missing: Missing; isLost: (event: CallEvent) => boolean }[] = [
  { missing: 'call', isLost: () => true },
  { missing: 'completion', isLost: event => event.type === 'call.completed' },
  { missing: 'facts', isLost: event => event.type === 'call.started' },
  { missing: 'facts', isLost: event => event.type === 'call.connected' },
  { missing: 'facts', isLost: event => event.type === 'call.ringing' && event.family !== 'outgoing' } // nobody can miss that a contact center's caller dials
]

/** A company of whose calls some have lost webhooks, all that REST tells, and what is missing of which call. */
export function lossyCompany(options: Partial<CompanyOptions> = {}) {
  const simulation = simulateCompany({ seed: 7, startAt: COMPANY_START, calls: 100, ...options })
  const lossOf = new Map(simulation.truth.calls.map(({ id }, i) => [id, LOSSES[i % 10]]))
  const missing = new Map<string, Missing>()
  const notified: Event[] = []
  const lost: Event[] = []
  for (const event of eventsOf({ ...simulation, facts: [] }) as CallEvent[]) {
    // without facts there are calls only
    const loss = lossOf.get(event.callId)
    if (loss?.isLost(event)) missing.set(event.callId, loss.missing)
    ;(loss?.isLost(event) ? lost : notified).push(event)
  }
  return { truth: simulation.truth, notified, lost, told: simulation.facts, missing }
}

/** The same, projected. */
export async function projectedLossyCompany(t: Test, options: Partial<CompanyOptions> = {}) {
  const { pool, url } = await freshDatabase(t)
  const company = lossyCompany(options)
  const project = projectorOf(pool)
  await project([...company.notified, ...company.told])
  return { pool, url, project, ...company }
}

/** When all of it is over, and due. */
export const LONG_AFTER = new Date(COMPANY_START + 10 * 24 * HOUR_MS)
