import type { RangePolled } from '../../events/directory.js'
import type { FindingOf, Interval, Reader } from '../route-reader.js'
import { beginningOf, type Told } from './row.js'

interface Polled {
  route: Reader['route']
  scope: string | null
  interval: Interval
  /** Rows, of all pages. */
  count: number
  /** Of these, those that could not be read. */
  unread?: number
}

/** A route was read for an interval: to be appended after all that was found in it. */
export function rangeFinding(
  { route, scope, interval, count, unread = 0 }: Polled,
  told: Pick<Told, 'account' | 'at'>
): FindingOf<RangePolled> {
  const [from, until] = [interval.from.toISOString(), interval.until.toISOString()]
  return {
    ...beginningOf('range.polled', { ...told, raw: {} }),
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
