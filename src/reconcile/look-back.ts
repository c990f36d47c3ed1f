import { DAY_MS, HOUR_MS } from '../lib/instant.js'

/** At intervals a route is read further back than usual, for rows that appear or change long after their start. */
export interface LookBack {
  everyMs: number
  byMs: number
}

/** How long after the end of a call MightyCall may need to list it, and to add its recording. */
const LISTED_WITHIN_MS = HOUR_MS / 2

/** The longest time between two readings of a route that no traffic asks for. */
const QUIET_MS = 2 * HOUR_MS

/** How long after an instant nothing that began before it can still be listed. */
export function settlesAfterMs(longestCallMs: number): number {
  return longestCallMs + LISTED_WITHIN_MS
}

/**
 * The look-backs of a route that lists calls by their start, but only after their end. A call of a certain length is
 * found by a reading that reaches back as far, so the reach doubles from step to step, and so does the interval: each
 * step reads four times as many rows per hour as begin in an hour, however far it reaches. The last step reads every
 * hour once more after nothing that began in it can still be listed.
 */
export function callLookBacks(longestCallMs: number): LookBack[] {
  const last = settlingLookBack(longestCallMs, Math.max(HOUR_MS, longestCallMs / 4))
  const steps: LookBack[] = []
  for (let byMs = 2 * HOUR_MS; byMs * 1.5 < last.byMs; byMs *= 2) steps.push({ byMs, everyMs: byMs / 4 })
  return [...steps, last]
}

/** For rows that are read, removed or corrected by hand after they were created. */
export function changeLookBack(longestCallMs: number): LookBack {
  const everyMs = 4 * HOUR_MS
  return { everyMs, byMs: Math.max(3 * DAY_MS, settlingLookBack(longestCallMs, everyMs).byMs) }
}

/** Reaches back to the beginning of every hour that has settled since the last such reading. */
function settlingLookBack(longestCallMs: number, everyMs: number): LookBack {
  return { everyMs, byMs: settlesAfterMs(longestCallMs) + HOUR_MS + everyMs + QUIET_MS }
}

/**
 * Returns the furthest look-back that is due, or null when none is.
 *
 * @param readAt  when each look-back was last read, by its reach
 */
export function dueLookBack(
  lookBacks: readonly LookBack[],
  readAt: ReadonlyMap<number, Date>,
  now: Date
): LookBack | null {
  const due = lookBacks.filter(({ byMs, everyMs }) => {
    const at = readAt.get(byMs)
    return at === undefined || now.getTime() - at.getTime() >= everyMs
  })
  return due.reduce<LookBack | null>((furthest, one) => (furthest && furthest.byMs > one.byMs ? furthest : one), null)
}

/** A reading that reaches back as far also replaces all nearer look-backs. */
export function recordLookBack(
  lookBacks: readonly LookBack[],
  readAt: Map<number, Date>,
  { byMs: reach, at }: { byMs: number; at: Date }
): void {
  for (const { byMs } of lookBacks) if (byMs <= reach) readAt.set(byMs, at)
}
