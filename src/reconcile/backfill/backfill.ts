import type { BACKFILL_STATES } from '../../db/schema/reconcile.js'
import type { Interval } from '../route-reader.js'

/**
 * Routes that tell of the past, in the order in which a chunk of it is read: the journal's rows are joined to the
 * others'.
 */
export const BACKFILL_ROUTES = ['calls', 'voicemails', 'journal'] as const
export type BackfillRouteName = (typeof BACKFILL_ROUTES)[number]

export interface BackfillRoute {
  route: BackfillRouteName
  /** From here to the end of the interval all was read, and can be queried. */
  readFrom: Date
  /** Of MightyCall's, in what was read in full. */
  rows: number
  /** For rows: what a token costs is not among them. */
  requests: number
}

export interface Backfill {
  id: string
  account: string
  interval: Interval
  state: (typeof BACKFILL_STATES)[number]
  startedAt: Date
  /** Null: it is running. */
  finishedAt: Date | null
  /** Null: it reads, or has ended. */
  waiting: Waiting | null
  failed: { code: string; message: string } | null
  routes: BackfillRoute[]
}

/** For what, by a code of errors.ts. */
export interface Waiting {
  code: string
  /** Null: nobody can say. */
  until: Date | null
}

/** The share of the interval that was read, 0 to 1. */
export function completedShare({ interval: { from, until }, routes }: Pick<Backfill, 'interval' | 'routes'>): number {
  const whole = (until.getTime() - from.getTime()) * routes.length
  const read = routes.reduce((sum, { readFrom }) => sum + until.getTime() - readFrom.getTime(), 0)
  return whole > 0 ? read / whole : 1
}
