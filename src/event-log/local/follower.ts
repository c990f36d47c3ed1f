import { watch } from 'node:fs'
import { createArrivals, listSegments, type Segment, type SegmentSource } from './segments.js'

/** The segments of a log that another process writes. */
export interface Follower {
  source: SegmentSource
  /** Learns what is new now. */
  look: () => Promise<void>
  close: () => Promise<void>
}

/** For file systems that tell of no changes, as over a network. */
const POLL_MS = 1_000

export async function createFollower({
  dir,
  files,
  report
}: Pick<SegmentSource, 'files' | 'report'> & { dir: string }): Promise<Follower> {
  const arrivals = createArrivals()
  const segments: Segment[] = []
  let looking = Promise.resolve()
  let nudged = false
  const look = (): Promise<void> => {
    const turn = looking.then(async () => {
      // one after the other: an older listing must not replace a newer one
      nudged = false
      if (adopt(segments, await listSegments(dir))) arrivals.raise()
    })
    looking = turn.catch(() => {})
    return turn
  }
  const nudge = () => {
    if (nudged) return
    nudged = true
    look().catch(() => {}) // the next poll looks again
  }
  await look()
  const watcher = watch(dir, nudge).on('error', () => {}) // the poll goes on
  const timer = setInterval(nudge, POLL_MS).unref()
  return {
    source: { files, segments, arrivals, report },
    look,
    close: async () => {
      watcher.close()
      clearInterval(timer)
      await looking
    }
  }
}

/**
 * Brings the known segments up to date in one step, so that no reader sees a new one beside an old size of the one
 * before.
 */
function adopt(known: Segment[], found: readonly Segment[]): boolean {
  let changed = known.length !== found.length
  const before = new Map(known.map(segment => [segment.base, segment]))
  const now = found.map(fresh => {
    const segment = before.get(fresh.base)
    if (!segment) return fresh
    changed ||= segment.size !== fresh.size
    if (fresh.size < segment.size) segment.places = segment.places.filter(place => place.position < fresh.size)
    segment.size = fresh.size
    return segment
  })
  known.splice(0, known.length, ...now)
  return changed
}
