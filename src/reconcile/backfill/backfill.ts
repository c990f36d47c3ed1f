import type { BACKFILL_STATES } from '../../db/schema/reconcile.js'
import type { Interval } from '../route-reader.js'
import { ROUTE_READERS } from '../routes/all-routes.js'

/** The readers of the routes with times, in the order in which a chunk of the past is read. */
export const BACKFILL_READERS = ROUTE_READERS.filter(({ history }) => history !== null)
export const BACKFILL_ROUTES: readonly string[] = BACKFILL_READERS.map(({ route }) => route)

export interface BackfillRoute {
  route: string
  /** From here to the end of the interval everything was read and can be queried. */
  readFrom: Date
  /** Rows of MightyCall in the chunks that were read in full. */
  rows: number
  /** Requests for rows; those for tokens are not counted. */
  requests: number
}

export interface Backfill {
  id: string
  account: string
  interval: Interval
  state: (typeof BACKFILL_STATES)[number]
  startedAt: Date
  /** Null while it is running. */
  finishedAt: Date | null
  /** Null while it reads, and after it has ended. */
  waiting: Waiting | null
  failed: { code: string; message: string } | null
  routes: BackfillRoute[]
}

/** What a backfill waits for. */
export interface Waiting {
  /** A code of errors.ts. */
  code: string
  /** Null when the time is unknown. */
  until: Date | null
}

/** The share of the interval that was read, 0 to 1. */
export function completedShare({ interval: { from, until }, routes }: Pick<Backfill, 'interval' | 'routes'>): number {
  const whole = (until.getTime() - from.getTime()) * routes.length
  const read = routes.reduce((sum, { readFrom }) => sum + until.getTime() - readFrom.getTime(), 0)
  return whole > 0 ? read / whole : 1
}
