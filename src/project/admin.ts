import type pg from 'pg'
import type { AccountSettings } from '../accounts/accounts.js'
import type { Entity } from '../events/event.js'
import { resumeProjector } from './breaker/stops.js'
import { discardDeadLetter } from './dead-letters/discard.js'
import { type RedriveResult, redriveDeadLetter } from './dead-letters/redrive.js'
import { type RefoldedChunk, refoldFailed } from './refold/chunk.js'

/** The repairs that an operator can request. `by` names who requested it, for the audit log. */
export interface Repairs {
  redrive: (deadLetterId: string, by: string) => Promise<RedriveResult>
  discard: (deadLetterId: string, by: string, reason: string | null) => Promise<boolean>
  /** Folds up to `size` failed entities after this one again, of one account or, with null, of all. */
  refold: (after: Entity | null, size: number, account: string | null) => Promise<RefoldedChunk>
  /** Resumes a stopped projector. Resolves to false when it was not stopped. */
  resume: (by: string) => Promise<boolean>
}

export interface RepairsOptions {
  pool: pg.Pool
  settings: AccountSettings
  now: () => Date
  /** The consumer group of the projector. */
  group: string
}

/** The repairs of one installation, for the API. */
export function createRepairs({ pool, settings, now, group }: RepairsOptions): Repairs {
  return {
    redrive: (id, by) => redriveDeadLetter(id, { pool, settings, now: now(), by }),
    discard: (id, by, reason) => discardDeadLetter(id, { pool, now: now(), by, reason }),
    refold: (after, size, account) => refoldFailed({ pool, settings, after, size, account }),
    resume: async by => (await resumeProjector(pool, group, { now: now(), by })) !== null
  }
}
