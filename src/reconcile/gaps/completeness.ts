import type pg from 'pg'
import type { Account } from '../../accounts/accounts.js'
import { inSnapshot } from '../../db/transaction.js'
import { InvalidParameterError } from '../../errors.js'
import { settlesAfterMs } from '../look-back.js'
import { HOUR_MS, type Hour, loadHours } from './hours.js'
import { loadStatistics, type WebhookStatistics } from './statistics.js'

interface CompletenessQuery {
  /** Null for all configured accounts. */
  accounts: readonly string[] | null
  since: Date
  until: Date
  /** Null for all. */
  businessNumbers: readonly string[] | null
  limit: number
  /** The position after which the gaps begin; null for the first page. */
  after: readonly string[] | null
}

export interface GapRow {
  account: string
  kind: string
  id: string
  businessNumber: string | null
  hour: Date
  missing: string
  detectedAt: Date
  healedAt: Date | null
  healedBy: string | null
}

interface Completeness {
  hours: Hour[]
  /** One more than the limit when there are more. */
  gaps: GapRow[]
  statistics: WebhookStatistics[]
}

export interface CompletenessOptions {
  pool: pg.Pool
  accounts: { all: () => readonly Pick<Account, 'id'>[] }
  /** The length of the longest plausible call. */
  longestCallMs: number
}

export type CompletenessOf = (query: CompletenessQuery) => Promise<Completeness>

/** The newest hour first. */
const GAPS = `select account, kind, entity as id, business_number as "businessNumber", hour, missing,
    detected_at as "detectedAt", healed_at as "healedAt", healed_by as "healedBy"
  from gaps
  where account = any($1) and hour >= $2 and hour < $3 and ($4::text[] is null or business_number = any($4))
    and ($5::timestamptz is null or (hour, account, kind, entity) < ($5, $6, $7, $8))
  order by hour desc, account desc, kind desc, entity desc limit $9`

/** The most hours of one response, which has one for each account and business number. */
const MAX_HOURS = 50_000

/**
 * Reads hours, gaps and statistics in one snapshot. Bounds are widened to whole hours, since an hour is read and
 * counted as a whole. It throws InvalidParameterError when the response would be too large.
 */
export function createCompleteness({ pool, accounts, longestCallMs }: CompletenessOptions): CompletenessOf {
  return async ({ accounts: requested, since: from, until: to, businessNumbers, limit, after }) => {
    const since = new Date(Math.floor(from.getTime() / HOUR_MS) * HOUR_MS)
    const until = new Date(Math.ceil(to.getTime() / HOUR_MS) * HOUR_MS)
    const span = {
      accounts: requested ?? accounts.all().map(({ id }) => id),
      since,
      until,
      businessNumbers,
      settlesAfterMs: settlesAfterMs(longestCallMs)
    }
    const hours =
      ((until.getTime() - since.getTime()) / HOUR_MS) * span.accounts.length * (businessNumbers?.length ?? 1)
    if (hours > MAX_HOURS)
      throw new InvalidParameterError(`that would be ${hours} hours: ask for fewer accounts, business numbers or days`)
    return inSnapshot(pool, async tx => {
      const [at, account, kind, entity] = after ?? []
      const gaps = await tx.query<GapRow>(GAPS, [
        span.accounts,
        since,
        until,
        businessNumbers,
        at,
        account,
        kind,
        entity,
        limit + 1
      ])
      return { hours: await loadHours(tx, span), gaps: gaps.rows, statistics: await loadStatistics(tx, span) }
    })
  }
}
