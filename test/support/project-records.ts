import type { LogRecord } from '../../src/event-log/port.js'
import { projectBatch } from '../../src/project/batch/project-batch.js'
import { freshDatabase } from './database.js'
import { SETTINGS } from './settings.js'
import type { Teardown } from './teardown.js'

export interface ProjectionResult {
  deadLetters: string[]
  failures: string[]
  /** The number of events in the database. */
  events: number
}

/** Creates a database and returns a function that projects records into it, in batches like those of the log. */
export async function openProjection(
  t: Teardown
): Promise<(records: readonly LogRecord[]) => Promise<ProjectionResult>> {
  const { pool } = await freshDatabase(t)
  let offset = 0n
  return async records => {
    const result: ProjectionResult = { deadLetters: [], failures: [], events: 0 }
    for (let from = 0; from < records.length; from += 200) {
      const batch = records.slice(from, from + 200).map(record => ({ ...record, partition: 0, offset: offset++ }))
      const { deadLetters, failures } = await projectBatch(
        pool,
        { logId: 'log', group: 'g', topic: 'calls', partition: 0 },
        batch,
        { now: new Date(), settings: SETTINGS }
      )
      result.deadLetters.push(
        ...deadLetters.map(({ record, err }) => `${err.message}: ${record.value?.toString().slice(0, 300)}`)
      )
      result.failures.push(...failures.map(({ entity, failed }) => `${failed}: ${entity.entity}`))
    }
    const {
      rows: [row]
    } = await pool.query<{ count: number }>('select count(*)::int as count from events')
    return { ...result, events: row?.count ?? 0 }
  }
}

/** Returns the identity of an event: its entity and its id. */
export function identityOf({ key, headers }: LogRecord): string {
  return `${key} ${headers.ce_id}`
}
