import type pg from 'pg'
import { arraysOf, type Columns, unnest } from '../db/unnest.js'
import { NotProjectedError } from '../errors.js'
import { entityOf, type Event } from '../events/event.js'
import { pause } from '../pauses.js'

const columns: Columns<Event> = {
  account: { type: 'text', of: event => event.account },
  kind: { type: 'text', of: event => entityOf(event).kind },
  entity: { type: 'text', of: event => entityOf(event).entity },
  id: { type: 'uuid', of: event => event.id }
}

const MISSING = `select exists (select from ${unnest(columns)}
  where not exists (select from events e where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.id = u.id)) as missing`

const EVERY_MS = 50

/**
 * Resolves when the events, and so their rows, can be read: a projector stores both in one transaction.
 * @throws NotProjectedError  they cannot, after so long
 */
export async function untilStored (pool: pg.Pool, events: readonly Event[], patienceMs: number): Promise<void> {
  for (const end = performance.now() + patienceMs; await isMissing(pool, events); await pause(EVERY_MS)) {
    if (performance.now() > end) throw new NotProjectedError()
  }
}

async function isMissing (pool: pg.Pool, events: readonly Event[]): Promise<boolean> {
  const { rows: [row] } = await pool.query<{ missing: boolean }>(MISSING, arraysOf(columns, events))
  return row?.missing ?? false
}
