import type { LogRecord } from '../../src/event-log/port.js'
import { projectBatch } from '../../src/project/batch/project-batch.js'
import { freshDatabase } from './database.js'
import { SETTINGS } from './settings.js'

interface Teardown {
  teardown: (fn: () => Promise<void>) => void
}

export interface Outcome {
  deadLetters: string[]
  failures: string[]
  /** How many the database holds now. */
  events: number
}

/** A database of the test's own, and what projects records into it, in batches as the log would give them. */
export async function openProjection(t: Teardown): Promise<(records: readonly LogRecord[]) => Promise<Outcome>> {
  const { pool } = await freshDatabase(t)
  let offset = 0n
  return async records => {
    const outcome: Outcome = { deadLetters: [], failures: [], events: 0 }
    for (let from = 0; from < records.length; from += 200) {
      const batch = records.slice(from, from + 200).map(record => ({ ...record, partition: 0, offset: offset++ }))
      const { deadLetters, failures } = await projectBatch(
        pool,
        { logId: 'log', group: 'g', topic: 'calls', partition: 0 },
        batch,
        { now: new Date(), settings: SETTINGS }
      )
      outcome.deadLetters.push(
        ...deadLetters.map(({ record, err }) => `${err.message}: ${record.value?.toString().slice(0, 300)}`)
      )
      outcome.failures.push(...failures.map(({ entity, failed }) => `${failed}: ${entity.entity}`))
    }
    const {
      rows: [row]
    } = await pool.query<{ count: number }>('select count(*)::int as count from events')
    return { ...outcome, events: row?.count ?? 0 }
  }
}

/** What makes a record an event of its own: its entity and its id. */
export function identityOf({ key, headers }: LogRecord): string {
  return `${key} ${headers.ce_id}`
}
