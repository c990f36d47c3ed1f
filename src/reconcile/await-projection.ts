import type pg from 'pg'
import { bulkValues, unnestSql } from '../db/bulk-sql.js'
import { eventKeyColumns, eventKeyOf } from '../db/event-columns.js'
import { NotProjectedError } from '../errors.js'
import type { Event } from '../events/event.js'
import { pause } from '../lib/backoff.js'
import type { AcceptPage } from './accept-page.js'

export interface ProjectionTrackerOptions {
  pool: pg.Pool
  append: AcceptPage
  timeoutMs?: number
}

const TRACKED: ReadonlySet<Event['type']> = new Set(['call.reported', 'voicemail.reported', 'message.reported'])

/** A projector that is further behind has a problem of its own. */
export const PROJECTION_TIMEOUT_MS = 60_000
const CHECK_EVERY_MS = 50

/**
 * Remembers the calls, voicemails and messages that were appended and may have no rows yet. Rows of the journal are
 * linked to calls and voicemails; after an outage, and at the first reading, most of these rows are too old for the
 * next reading, and would stay unlinked until an extended look-back. And an hour must not count as read before its
 * rows exist, although the topics are projected independently of each other.
 */
export function trackProjection({ pool, append, timeoutMs = PROJECTION_TIMEOUT_MS }: ProjectionTrackerOptions): {
  append: AcceptPage
  awaitProjected: () => Promise<void>
} {
  const pending = new Set<Event>()
  return {
    append: async (facts, options) => {
      const events = await append(facts, options)
      if (options?.isPast) return events // a backfill waits for its own events
      for (const event of events) if (TRACKED.has(event.type)) pending.add(event)
      return events
    },
    awaitProjected: async () => {
      const awaited = [...pending]
      await awaitProjection(pool, awaited, timeoutMs)
      for (const event of awaited) pending.delete(event)
    }
  }
}

/** A projector stores events and their rows in one transaction. There are few dead letters, and no index for them. */
const UNPROJECTED = `select exists (
  select from ${unnestSql(eventKeyColumns)}
  where not exists (
      select from events e where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.id = u.id
    )
    and not exists (select from dead_letters d where d.record_id = u.id::text)
) as "isMissing"`

/**
 * Resolves when a projector has handled all of these events.
 *
 * @throws NotProjectedError  it has not after `timeoutMs`
 */
export async function awaitProjection(pool: pg.Pool, events: readonly Event[], timeoutMs: number): Promise<void> {
  for (const end = performance.now() + timeoutMs; !(await areProjected(pool, events)); await pause(CHECK_EVERY_MS)) {
    if (performance.now() > end) throw new NotProjectedError()
  }
}

/** Whether a projector has handled all of these events: each is stored with its rows, or is a dead letter. */
export async function areProjected(pool: pg.Pool, events: readonly Event[]): Promise<boolean> {
  const keys = bulkValues(eventKeyColumns, events.map(eventKeyOf))
  const { rows } = await pool.query<{ isMissing: boolean }>(UNPROJECTED, keys)
  return !rows[0]?.isMissing
}
