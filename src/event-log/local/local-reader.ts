import type { EventReader } from '../port.js'
import { createDamageReport, type LocalLogger } from './damage.js'
import { diskFiles, type Files } from './files.js'
import { createFollower } from './follower.js'
import { endOfGroups, readLogId } from './open-store.js'
import type { SegmentSource } from './segments.js'
import { createSubscriptions } from './subscription.js'

export interface LocalReaderOptions {
  dir: string
  log?: LocalLogger
  files?: Files
}

/**
 * Reads a log that another process may be writing, without owning it, up to the first incomplete group.
 * It may read records whose sync is still in progress, which a power failure could remove.
 * @throws DataDirError  the directory contains no log
 */
export async function openLocalReader({ dir, log, files = diskFiles }: LocalReaderOptions): Promise<EventReader> {
  const id = await readLogId(dir)
  const damage = createDamageReport(log)
  const follower = await createFollower({ dir, files, report: damage.report })
  const readers = createSubscriptions(follower.source, log)
  return {
    id: async () => id,
    sparse: true,
    damage: damage.list,
    subscribe: readers.subscribe,
    bounds: async () => {
      await follower.refresh()
      const end = await endOf(follower.source)
      return [{ partition: 0, first: BigInt(follower.source.segments[0]?.base ?? end), end: BigInt(end) }]
    },
    close: async () => {
      await follower.close()
      await readers.close()
    }
  }
}

async function endOf({ files, segments }: SegmentSource): Promise<number> {
  const last = segments.at(-1)
  if (!last) return 0
  const file = await files.open(last.path, 'r')
  try {
    return (await endOfGroups(file, last, { size: last.size, report: () => {} })).offset
  } finally {
    await file.close()
  }
}
