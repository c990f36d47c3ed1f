import type pg from 'pg'
import type { AccountSettings } from '../accounts/accounts.js'
import type { Entity } from '../events/event.js'
import { resumeProjector } from './breaker/stops.js'
import { discard } from './dead-letters/discard.js'
import { type Redriven, redrive } from './dead-letters/redrive.js'
import { type Refolded, refoldFailed } from './refold/chunk.js'

/** What an operator can have done about what went wrong; `by` is who wants it. */
export interface Repairs {
  redrive: (letterId: string, by: string) => Promise<Redriven>
  discard: (letterId: string, by: string, reason: string | null) => Promise<boolean>
  /** Folds the failed entities after this one again, so many at most; null: of any account. */
  refold: (after: Entity | null, size: number, account: string | null) => Promise<Refolded>
  /** Lets the projector go on. False: it had not stopped. */
  resume: (by: string) => Promise<boolean>
}

export interface RepairsOptions {
  pool: pg.Pool
  settings: AccountSettings
  now: () => Date
  /** The consumer group of the projector. */
  group: string
}

/** The repairs of one installation, for the routes that offer them. */
export function createRepairs({ pool, settings, now, group }: RepairsOptions): Repairs {
  return {
    redrive: (id, by) => redrive(id, { pool, settings, now: now(), by }),
    discard: (id, by, reason) => discard(id, { pool, now: now(), by, reason }),
    refold: (after, size, account) => refoldFailed({ pool, settings, after, size, account }),
    resume: async by => (await resumeProjector(pool, group, { now: now(), by })) !== null
  }
}
