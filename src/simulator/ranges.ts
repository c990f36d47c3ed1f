import type { RangePolled } from '../events/directory.js'
import { restEnvelope, type Setting } from './fact.js'
import { formatInstant } from './instant.js'
import type { TrueCall } from './true-call.js'
import type { TruePresence } from './truth.js'

const HOUR_MS = 60 * 60 * 1000

/** Which hours were read in full, and when: of calls and the journal, and of each presence that can be known. */
export function polledRanges(
  setting: Setting,
  calls: readonly TrueCall[],
  presences: readonly TruePresence[]
): RangePolled[] {
  const extensions = [...new Set(presences.map(span => span.extension))]
  const facts: RangePolled[] = []
  let next = 0
  for (let from = setting.startAt; from < setting.endAt; from += HOUR_MS) {
    const until = from + HOUR_MS
    const first = next
    while ((calls[next]?.startedAt ?? until) < until) next++
    const interval = { from, until, count: next - first }
    facts.push(rangePolled(setting, 'calls', null, interval), rangePolled(setting, 'journal', null, interval))
    for (const extension of extensions) facts.push(rangePolled(setting, 'presence', extension, { from, until, count: 1 }))
  }
  return facts
}

/** Late enough for a call that began at the end of the hour to be listed. */
function rangePolled(
  setting: Setting,
  route: string,
  scope: string | null,
  { from, until, count }: { from: number; until: number; count: number }
): RangePolled {
  const at = until + setting.random.int(HOUR_MS, HOUR_MS * 1.2)
  return {
    type: 'range.polled',
    rangeId: [route, ...(scope === null ? [] : [scope]), formatInstant(from), formatInstant(until)].join(' '),
    polled: route,
    scope,
    from: formatInstant(from),
    until: formatInstant(until),
    count,
    ...restEnvelope(setting, at)
  }
}
