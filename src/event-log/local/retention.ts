import fs from 'node:fs/promises'
import type { Offset } from '../port.js'
import type { LocalLogger } from './damage.js'
import { removeSegments, type Segment, sizeOf } from './segments.js'

export interface RetentionOptions {
  maxAgeMs: number
  /** Nearing it, younger segments go too. */
  maxBytes: number
  /** ms since 1970 */
  now: () => number
}

/** Of the size at which appends are refused: beyond this share, age does not count. */
const NEARLY_FULL = 0.8

/**
 * Removes the oldest segments that are old enough, or too much, as far as every reader has handled them.
 * @param handledBelow  null: nobody reads, so nothing is known to be handled
 * @returns how many were removed
 */
export async function retain(
  segments: Segment[],
  handledBelow: Offset | null,
  { maxAgeMs, maxBytes, now }: RetentionOptions
): Promise<number> {
  let removed = 0
  for (let [oldest, next] = segments; oldest && next; [oldest, next] = segments) {
    if (handledBelow === null || BigInt(next.base) > handledBelow) return removed
    const { mtimeMs } = await fs.stat(oldest.path)
    if (now() - mtimeMs < maxAgeMs && sizeOf(segments) < maxBytes * NEARLY_FULL) return removed
    await removeSegments(segments, next.base)
    removed++
  }
  return removed
}

/** Does so again and again, until it is closed. */
export function startRetention(
  removeOld: () => Promise<number>,
  everyMs: number,
  log: LocalLogger | undefined
): { close: () => Promise<void> } {
  let looking: Promise<unknown> = Promise.resolve()
  const look = () => {
    looking = removeOld().catch(err => log?.warn({ err }, 'old segments of the event log could not be removed'))
  }
  const timer = setInterval(look, everyMs).unref()
  return {
    close: async () => {
      clearInterval(timer)
      await looking
    }
  }
}
