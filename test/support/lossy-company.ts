import type { Test } from 'tap'
import type { CallEvent } from '../../src/events/call.js'
import type { Event } from '../../src/events/event.js'
import { DAY_MS } from '../../src/lib/instant.js'
import { type CompanyOptions, simulateCompany } from '../../src/simulator/company.js'
import { COMPANY_START, eventsOf, projectorOf } from './company.js'
import { freshDatabase } from './database.js'

export type Missing = 'call' | 'completion' | 'facts'

/** Which webhooks of a call are lost, by call in turn: five calls of ten lose some. */
const LOSSES: { missing: Missing; isLost: (event: CallEvent) => boolean }[] = [
  { missing: 'call', isLost: () => true },
  { missing: 'completion', isLost: event => event.type === 'call.completed' },
  { missing: 'facts', isLost: event => event.type === 'call.started' },
  { missing: 'facts', isLost: event => event.type === 'call.connected' },
  // The loss of the ring of a contact-center caller, which is outgoing, could not be detected.
  { missing: 'facts', isLost: event => event.type === 'call.ringing' && event.family !== 'outgoing' }
]

/** Simulates a company whose calls lose some webhooks. `missing` holds what each of these calls lacks. */
export function lossyCompany(options: Partial<CompanyOptions> = {}) {
  const simulation = simulateCompany({ seed: 7, startAt: COMPANY_START, calls: 100, ...options })
  const lossOf = new Map(simulation.truth.calls.map(({ id }, i) => [id, LOSSES[i % 10]]))
  const missing = new Map<string, Missing>()
  const delivered: Event[] = []
  const lost: Event[] = []
  // the cast holds because a company without REST facts has events of calls only
  for (const event of eventsOf({ ...simulation, facts: [] }) as CallEvent[]) {
    const loss = lossOf.get(event.callId)
    if (loss?.isLost(event)) missing.set(event.callId, loss.missing)
    ;(loss?.isLost(event) ? lost : delivered).push(event)
  }
  return { truth: simulation.truth, delivered, lost, restFacts: simulation.facts, missing }
}

/** Projects such a company: the delivered webhooks and the facts of REST. */
export async function projectedLossyCompany(t: Test, options: Partial<CompanyOptions> = {}) {
  const database = await freshDatabase(t)
  const { pool } = database
  const company = lossyCompany(options)
  const project = projectorOf(pool)
  await project([...company.delivered, ...company.restFacts])
  return {
    get url() {
      return database.url
    },
    pool,
    project,
    ...company
  }
}

/** A time at which all calls have ended and all webhooks are due. */
export const LONG_AFTER = new Date(COMPANY_START + 10 * DAY_MS)
