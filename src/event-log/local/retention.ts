import fs from 'node:fs/promises'
import type { Offset } from '../port.js'
import type { LocalLogger } from './damage.js'
import { removeSegments, type Segment, sizeOf } from './segments.js'

export interface RetentionOptions {
  maxAgeMs: number
  /** Close to this size, younger segments are removed as well. */
  maxBytes: number
  /** ms since 1970 */
  now: () => number
}

/** Above this share of the maximum size, segments are removed whatever their age. */
const NEARLY_FULL = 0.8

/**
 * Removes the oldest segments that exceed the age or size limit, as far as every reader has handled them.
 * @param handledBelow  `null` when there is no reader, so that nothing is known to be handled
 * @returns the number of removed segments
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

/** Applies retention periodically until it is closed. */
export function startRetention(
  removeOld: () => Promise<number>,
  everyMs: number,
  log: LocalLogger | undefined
): { close: () => Promise<void> } {
  let looking: Promise<unknown> = Promise.resolve()
  const look = () => {
    looking = removeOld().catch(err => log?.warn({ err }, 'removing old segments of the event log failed'))
  }
  const timer = setInterval(look, everyMs).unref()
  return {
    close: async () => {
      clearInterval(timer)
      await looking
    }
  }
}
