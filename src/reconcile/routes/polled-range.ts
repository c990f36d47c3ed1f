import type { RangePolled } from '../../events/directory.js'
import type { FactOf, Interval, RouteReader } from '../route-reader.js'
import { factEnvelope, type SourceRow } from './row.js'

interface PolledRange {
  route: RouteReader['route']
  scope: string | null
  interval: Interval
  /** Rows, of all pages. */
  count: number
  /** Of these, those that could not be read. */
  unread?: number
}

/** A route was read for an interval: to be appended after all that was found in it. */
export function rangeFact(
  { route, scope, interval, count, unread = 0 }: PolledRange,
  told: Pick<SourceRow, 'account' | 'at'>
): FactOf<RangePolled> {
  const [from, until] = [interval.from.toISOString(), interval.until.toISOString()]
  return {
    ...factEnvelope('range.polled', { ...told, raw: {} }),
    rangeId: [route, ...(scope === null ? [] : [scope]), from, until].join(' '),
    polled: route,
    scope,
    from,
    until,
    count,
    ...(unread > 0 && { unread }),
    raw: {}
  }
}
