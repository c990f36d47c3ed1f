import type pg from 'pg'
import type { Event } from '../../src/events/event.js'
import { encodeEvent } from '../../src/events/record.js'
import type { Topic } from '../../src/events/topics.js'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { projectBatch } from '../../src/project/batch/project-batch.js'
import { type CompanyOptions, type Simulation, simulateCompany } from '../../src/simulator/company.js'
import { SIMULATED_API_KEY } from '../../src/simulator/notifications.js'
import { freshDatabase } from './database.js'
import { groupBy } from './group-by.js'
import { SETTINGS } from './settings.js'
import type { Teardown } from './teardown.js'

export const COMPANY_START = Date.UTC(2026, 10, 23, 8)

/** Returns all events of a simulated company. Webhooks are received one second after they occur. */
export function eventsOf({ notifications, facts, truth }: Simulation): Event[] {
  const account = { id: truth.account, apiKey: SIMULATED_API_KEY, region: 'US' } as const
  return [
    ...notifications.flatMap(
      ({ at, body }) => parseNotification(account, Buffer.from(JSON.stringify(body)), new Date(at + 1000)) ?? []
    ),
    ...facts
  ]
}

/** Returns a function that projects events in batches, as a projector does that reads one partition of each topic. */
export function projectorOf(
  pool: pg.Pool,
  { logId = 'log', batchSize = 200, partition = 0 } = {}
): (events: readonly Event[]) => Promise<void> {
  const offsets = new Map<string, bigint>()
  return async events => {
    for (const [topic, records] of groupBy(events.map(encodeEvent), record => record.topic) as Map<
      Topic,
      ReturnType<typeof encodeEvent>[]
    >) {
      for (let from = 0; from < records.length; from += batchSize) {
        let offset = offsets.get(topic) ?? 0n
        const batch = records.slice(from, from + batchSize).map(record => ({ ...record, partition, offset: offset++ }))
        offsets.set(topic, offset)
        const { failures, deadLetters } = await projectBatch(pool, { logId, group: 'g', topic, partition }, batch, {
          now: new Date(),
          settings: SETTINGS
        })
        if (failures.length + deadLetters.length > 0)
          throw new Error(`projection failed: ${JSON.stringify([failures, deadLetters.map(({ err }) => err.message)])}`)
      }
    }
  }
}

/** Creates a database and projects a simulated company into it. */
export async function projectedCompany(t: Teardown, options: Partial<CompanyOptions> = {}) {
  const database = await freshDatabase(t)
  const { pool } = database
  const simulation = simulateCompany({ seed: 7, startAt: COMPANY_START, calls: 60, ...options })
  const events = eventsOf(simulation)
  const project = projectorOf(pool)
  await project(events)
  return {
    get url() {
      return database.url
    },
    pool,
    simulation,
    events,
    project
  }
}
