import { watch } from 'node:fs'
import { createAppendSignal, listSegments, type Segment, type SegmentSource } from './segments.js'

/** Follows the segments of a log that another process writes. */
export interface Follower {
  source: SegmentSource
  /** Reads the current state of the directory. */
  refresh: () => Promise<void>
  close: () => Promise<void>
}

/** For file systems without change notifications, such as network file systems. */
const POLL_MS = 1_000

export async function createFollower({
  dir,
  files,
  report
}: Pick<SegmentSource, 'files' | 'report'> & { dir: string }): Promise<Follower> {
  const appendSignal = createAppendSignal()
  const segments: Segment[] = []
  let refreshing = Promise.resolve()
  let refreshQueued = false
  const refresh = (): Promise<void> => {
    const turn = refreshing.then(async () => {
      // Refreshes run one after the other: an older listing must not replace a newer one.
      refreshQueued = false
      if (adopt(segments, await listSegments(dir))) appendSignal.notify()
    })
    refreshing = turn.catch(() => {})
    return turn
  }
  const queueRefresh = () => {
    if (refreshQueued) return
    refreshQueued = true
    refresh().catch(() => {}) // the next poll retries
  }
  await refresh()
  const watcher = watch(dir, queueRefresh).on('error', () => {}) // polling continues
  const timer = setInterval(queueRefresh, POLL_MS).unref()
  return {
    source: { files, segments, appendSignal, report },
    refresh,
    close: async () => {
      watcher.close()
      clearInterval(timer)
      await refreshing
    }
  }
}

/** Updates the known segments in one step: no reader sees a new segment beside an outdated size of the previous one. */
function adopt(known: Segment[], found: readonly Segment[]): boolean {
  let changed = known.length !== found.length
  const before = new Map(known.map(segment => [segment.base, segment]))
  const now = found.map(fresh => {
    const segment = before.get(fresh.base)
    if (!segment) return fresh
    changed ||= segment.size !== fresh.size
    if (fresh.size < segment.size) segment.positions = segment.positions.filter(place => place.position < fresh.size)
    segment.size = fresh.size
    return segment
  })
  known.splice(0, known.length, ...now)
  return changed
}
