import type pg from 'pg'
import { bulkValues, unnestSql } from '../db/bulk-sql.js'
import { eventKeyColumns, eventKeyOf } from '../db/event-columns.js'
import { NotProjectedError } from '../errors.js'
import type { Event } from '../events/event.js'
import { pause } from '../lib/backoff.js'

import type { AcceptPage } from './accept-page.js'

export interface LinkTargetTrackerOptions {
  pool: pg.Pool
  append: AcceptPage
  timeoutMs?: number
}

/** A projector that is behind by more is in trouble of its own. */
const PATIENCE_MS = 60_000
const EVERY_MS = 50

/**
 * Keeps in mind the calls and voicemails that were appended and may have no rows yet: rows of the journal are joined to
 * these. After an
 * outage, or at the first look, most of them are too old for the next reading, and would wait for one that goes further
 * back.
 */
export function trackLinkTargets({ pool, append, timeoutMs = PATIENCE_MS }: LinkTargetTrackerOptions): {
  append: AcceptPage
  awaitLinkTargets: () => Promise<void>
} {
  const pending = new Set<Event>()
  return {
    append: async (facts, options) => {
      const events = await append(facts, options)
      if (options?.isPast) return events // a backfill waits for its own
      for (const event of events)
        if (event.type === 'call.reported' || event.type === 'voicemail.reported') pending.add(event)
      return events
    },
    awaitLinkTargets: async () => {
      const waited = [...pending]
      for (const end = performance.now() + timeoutMs; !(await areProjected(pool, waited)); await pause(EVERY_MS)) {
        if (performance.now() > end) throw new NotProjectedError()
      }
      for (const event of waited) pending.delete(event)
    }
  }
}

const MISSING = `select exists (select from ${unnestSql(eventKeyColumns)}
  where not exists (select from events e where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.id = u.id)) as missing`
/** Few: they have no index for it. */
const UNPROJECTED = `select exists (select from ${unnestSql(eventKeyColumns)}
  where not exists (select from events e where e.account = u.account and e.kind = u.kind and e.entity = u.entity and e.id = u.id)
  and not exists (select from dead_letters d where d.record_id = u.id::text)) as missing`

/**
 * Resolves when the events, and so their rows, can be read: a projector stores both in one transaction.
 * @throws NotProjectedError  they cannot, after so long
 */
export async function awaitProjection(pool: pg.Pool, events: readonly Event[], patienceMs: number): Promise<void> {
  for (const end = performance.now() + patienceMs; await isMissing(pool, events); await pause(EVERY_MS)) {
    if (performance.now() > end) throw new NotProjectedError()
  }
}

/** Whether a projector has come to all of these events: each is stored, or a dead letter. */
export async function areProjected(pool: pg.Pool, events: readonly Event[]): Promise<boolean> {
  return !(await isMissing(pool, events, UNPROJECTED))
}

async function isMissing(pool: pg.Pool, events: readonly Event[], missing = MISSING): Promise<boolean> {
  const {
    rows: [row]
  } = await pool.query<{ missing: boolean }>(missing, bulkValues(eventKeyColumns, events.map(eventKeyOf)))
  return row?.missing ?? false
}
