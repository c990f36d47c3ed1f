import type pg from 'pg'
import { NotProjectedError } from '../errors.js'
import type { Event } from '../events/event.js'
import { pause } from '../lib/backoff.js'
import type { Intake } from './accept-page.js'
import { areSettled } from './until-stored.js'

export interface SettlingOptions {
  pool: pg.Pool
  append: Intake
  patienceMs?: number
}

/** A projector that is behind by more is in trouble of its own. */
const PATIENCE_MS = 60_000
const EVERY_MS = 50

/**
 * Keeps in mind the calls and voicemails that were appended and may have no rows yet: rows of the journal are joined to these. After an
 * outage, or at the first look, most of them are too old for the next reading, and would wait for one that goes further back.
 */
export function createSettling ({ pool, append, patienceMs = PATIENCE_MS }: SettlingOptions): { append: Intake, settled: () => Promise<void> } {
  const pending = new Set<Event>()
  return {
    append: async (findings, options) => {
      const events = await append(findings, options)
      if (options?.isPast) return events // a backfill waits for its own
      for (const event of events) if (event.type === 'call.reported' || event.type === 'voicemail.reported') pending.add(event)
      return events
    },
    settled: async () => {
      const waited = [...pending]
      for (const end = performance.now() + patienceMs; !await areSettled(pool, waited); await pause(EVERY_MS)) {
        if (performance.now() > end) throw new NotProjectedError()
      }
      for (const event of waited) pending.delete(event)
    }
  }
}
