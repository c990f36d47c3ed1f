import type { LogFile } from './files.js'
import { type Loss, type Place, readGroups } from './read-groups.js'
import { notePlace, type Segment } from './segments.js'

/** Where the groups of the last segment end; what lies between there and `size` is a torn tail. Learns places on the way. */
export async function endOfGroups (file: LogFile, segment: Segment, { size, report }: { size: number, report: (loss: Loss) => void }): Promise<Place> {
  let here: Place = segment.places.at(-1) ?? { position: 0, offset: segment.base }
  for (;;) {
    const { groups, loss, next } = await readGroups(file, here, { size, sealedAt: null })
    if (groups.length === 0 && !loss) return here
    for (const group of groups) notePlace(segment, group)
    if (loss) report(loss)
    here = next
  }
}
