import type { Event } from '../../src/events/event.js'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { type CompanyOptions, simulateCompany } from '../../src/simulator/company.js'
import { SIMULATED_API_KEY } from '../../src/simulator/notifications.js'
import { createRandom } from '../../src/simulator/random.js'
import { COMPANY_START } from './company.js'

/** Simulates a company whose events are received `delayMs` after they occurred. */
export function deliveredCompany(options: Partial<CompanyOptions> & { seed: number }, delayMs: number) {
  const company = simulateCompany({ startAt: COMPANY_START, calls: 300, hours: 10, ...options })
  const account = { id: company.truth.account, apiKey: SIMULATED_API_KEY, region: 'US' } as const
  const webhookEvents = company.notifications.flatMap(
    ({ at, body }) => parseNotification(account, Buffer.from(JSON.stringify(body)), new Date(at + delayMs)) ?? []
  )
  const restFacts = company.facts.map(fact => ({
    ...fact,
    receivedAt: new Date(Date.parse(fact.receivedAt) + delayMs).toISOString()
  }))
  return { truth: company.truth, webhookEvents, restFacts }
}

/** Shuffles the events and duplicates some of them. */
export function shuffledWithDuplicates<E extends Event>(events: readonly E[], seed: number): E[] {
  const random = createRandom(seed, 99)
  return random.shuffled([...events, ...events.filter(() => random.chance(0.2))])
}
