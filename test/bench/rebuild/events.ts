import type pg from 'pg'
import { inTransaction } from '../../../src/db/transaction.js'
import { storeEvents } from '../../../src/project/batch/store-events.js'
import { simulateCompany } from '../../../src/simulator/company.js'
import { COMPANY_START, eventsOf } from '../../support/company.js'

const CALLS_PER_CHUNK = 2_000

/** Stores the given number of events of simulated calls, without projecting them. */
export async function storeCalls(pool: pg.Pool, count: number, onStored: (stored: number) => void): Promise<number> {
  let stored = 0
  for (let seed = 1; stored < count; seed++) {
    const events = eventsOf(
      simulateCompany({
        seed,
        startAt: COMPANY_START,
        calls: CALLS_PER_CHUNK,
        messages: 0,
        contacts: 0,
        presenceChanges: 0,
        hours: 200
      })
    )
      .filter(({ type, source }) => source === 'webhook' && type.startsWith('call.'))
      .slice(0, count - stored)
    for (let from = 0; from < events.length; from += 1_000) {
      const some = events.slice(from, from + 1_000)
      await inTransaction(pool, tx =>
        storeEvents(
          tx,
          some.map(event => ({ event }))
        )
      )
    }
    stored += events.length
    onStored(stored)
  }
  return stored
}
