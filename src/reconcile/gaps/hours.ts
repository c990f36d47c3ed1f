import type pg from 'pg'
import { type Counts, countHours, NOTHING, polledHours, type Span } from './count-hours.js'

/** Whether an hour can be relied on. `unknown`: the calls of it were not all read, or not yet. */
export type HourState = 'complete' | 'open' | 'unknown'

/** What is known of an hour and a business number. */
export interface Hour extends Counts {
  account: string
  hour: Date
  /** Null: not known; or nothing happened in that hour. */
  businessNumber: string | null
  state: HourState
}

export const HOUR_MS = 60 * 60 * 1000

/**
 * The ledger of these accounts, hour by hour: one row for each business number with which something happened, or that
 * was asked for.
 * An hour without any has one row, so that what was not read shows.
 */
export async function hoursOf(db: Pick<pg.Pool, 'query'>, span: Span): Promise<Hour[]> {
  const counted = await countHours(db, span)
  const polled = new Set((await polledHours(db, span)).map(({ account, hour }) => keyOf(account, hour)))
  const byHour = new Map<string, { businessNumber: string | null; counts: Counts }[]>()
  for (const { account, hour, businessNumber, ...counts } of counted) {
    const key = keyOf(account, hour)
    byHour.set(key, [...(byHour.get(key) ?? []), { businessNumber, counts }])
  }
  return [...span.accounts].sort().flatMap(account =>
    hoursIn(span).flatMap(hour => {
      const key = keyOf(account, hour)
      const rows = withAsked(byHour.get(key) ?? [], span.businessNumbers)
      return rows.map(({ businessNumber, counts }) => ({
        account,
        hour,
        businessNumber,
        state: stateOf(counts, polled.has(key)),
        ...counts
      }))
    })
  )
}

function stateOf({ open, reported, projected }: Counts, isPolled: boolean): HourState {
  if (!isPolled) return 'unknown'
  return open > 0 || projected < reported ? 'open' : 'complete'
}

function withAsked(
  rows: readonly { businessNumber: string | null; counts: Counts }[],
  asked: readonly string[] | null
) {
  const silent = (asked ?? (rows.length > 0 ? [] : [null])).filter(
    number => !rows.some(row => row.businessNumber === number)
  )
  return [...rows, ...silent.map(businessNumber => ({ businessNumber, counts: NOTHING }))]
}

function hoursIn({ since, until }: Span): Date[] {
  const hours: Date[] = []
  for (let at = since.getTime(); at < until.getTime(); at += HOUR_MS) hours.push(new Date(at))
  return hours
}

function keyOf(account: string, hour: Date): string {
  return `${account} ${hour.getTime()}`
}
