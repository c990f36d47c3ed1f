import type pg from 'pg'
import { countHours, type HourCounts, type HourRange, loadPolledHours, NO_COUNTS } from './count-hours.js'

/**
 * Whether an hour can be relied on.
 *
 * unknown   what MightyCall listed of the hour was not read in full since it ended
 * open      something is known to be missing
 * settling  all that is listed is here, but a call that began in the hour has not ended, or could still be listed
 * complete  nothing is missing, and nothing that began in the hour can still appear
 */
export type HourState = 'complete' | 'settling' | 'open' | 'unknown'

/** The counts of an hour and a business number. */
export interface Hour extends HourCounts {
  account: string
  hour: Date
  /** Null when it is unknown, or when nothing happened in that hour. */
  businessNumber: string | null
  state: HourState
}

export const HOUR_MS = 60 * 60 * 1000

/**
 * The completeness of these accounts, hour by hour: one row for each business number that had activity or was asked
 * for. An hour without any has one row, so that it is visible whether it was read.
 */
export async function loadHours(db: Pick<pg.Pool, 'query'>, span: HourRange): Promise<Hour[]> {
  const counted = await countHours(db, span)
  const polled = new Map(
    (await loadPolledHours(db, span)).map(({ account, hour, isSettled }) => [hourKey(account, hour), { isSettled }])
  )
  const byHour = new Map<string, { businessNumber: string | null; counts: HourCounts }[]>()
  for (const { account, hour, businessNumber, ...counts } of counted) {
    const key = hourKey(account, hour)
    byHour.set(key, [...(byHour.get(key) ?? []), { businessNumber, counts }])
  }
  return [...span.accounts].sort().flatMap(account =>
    hoursIn(span).flatMap(hour => {
      const key = hourKey(account, hour)
      const rows = withRequestedNumbers(byHour.get(key) ?? [], span.businessNumbers)
      return rows.map(({ businessNumber, counts }) => ({
        account,
        hour,
        businessNumber,
        state: stateOf(counts, polled.get(key) ?? null),
        ...counts
      }))
    })
  )
}

function stateOf(
  { open, reported, projected, inProgress }: HourCounts,
  polled: { isSettled: boolean } | null
): HourState {
  if (polled === null) return 'unknown'
  if (open > 0 || projected < reported) return 'open'
  return polled.isSettled && inProgress === 0 ? 'complete' : 'settling'
}

function withRequestedNumbers(
  rows: readonly { businessNumber: string | null; counts: HourCounts }[],
  asked: readonly string[] | null
) {
  const silent = (asked ?? (rows.length > 0 ? [] : [null])).filter(
    number => !rows.some(row => row.businessNumber === number)
  )
  return [...rows, ...silent.map(businessNumber => ({ businessNumber, counts: NO_COUNTS }))]
}

function hoursIn({ since, until }: HourRange): Date[] {
  const hours: Date[] = []
  for (let at = since.getTime(); at < until.getTime(); at += HOUR_MS) hours.push(new Date(at))
  return hours
}

function hourKey(account: string, hour: Date): string {
  return `${account} ${hour.getTime()}`
}
