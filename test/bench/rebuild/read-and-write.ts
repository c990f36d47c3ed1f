import type pg from 'pg'
import { inTransaction } from '../../../src/db/transaction.js'
import type { Entity } from '../../../src/events/event.js'
import { createAggregates } from '../../../src/project/batch/aggregates.js'
import { foldAll } from '../../../src/project/batch/fold-entities.js'
import { writeRows } from '../../../src/project/batch/write-rows.js'
import { calls } from '../../../src/project/models/calls/calls.js'
import { loadHistories } from '../../../src/project/stored-events.js'
import { SETTINGS } from '../../support/settings.js'

const ENTITIES_PER_CHUNK = 500
const NEXT = `
  select account, kind, entity from entities where (account, kind, entity) > ($1, $2, $3)
  order by account, kind, entity limit $4`

/**
 * Reads every event once and writes the rows. The time of the fold in between is not counted.
 * @returns the time in milliseconds
 */
export async function readAndWrite(pool: pg.Pool): Promise<number> {
  let spent = 0
  const clock = async <T>(work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now()
    const result = await work()
    spent += performance.now() - startedAt
    return result
  }
  let last: Entity | undefined = { account: '', kind: 'call', entity: '' }
  while (last) {
    const rows: Entity[] = await nextOf(pool, last)
    if (rows.length > 0) {
      const histories = await clock(() => loadHistories(pool, rows))
      const { folded } = foldAll(calls, histories, SETTINGS)
      await clock(() => inTransaction(pool, tx => writeRows(tx, calls, folded, createAggregates())))
    }
    last = rows.at(-1)
  }
  return spent
}

async function nextOf(pool: pg.Pool, { account, kind, entity }: Entity): Promise<Entity[]> {
  return (await pool.query<Entity>(NEXT, [account, kind, entity, ENTITIES_PER_CHUNK])).rows
}
