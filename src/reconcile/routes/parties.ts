import type { CallReported } from '../../events/call.js'
import { cleanName } from '../../events/text.js'
import { idOf } from './row.js'

type Reported = CallReported['parties'][number]

export interface Party extends Pick<Reported, 'role' | 'connected' | 'first'> {
  extension?: string | null
  name?: string | null
}

const MAX_PARTIES = 200

/** The agents among the parties, each of them once: an agent who was called twice may be listed twice. */
export function mergeParties(parties: readonly Party[]): CallReported['parties'] {
  const byExtension = new Map<string, Reported>()
  for (const { extension: reported, name, role, connected, first } of parties) {
    const extension = idOf(reported)
    if (extension === null) continue
    const known = byExtension.get(extension)
    if (!known) {
      if (byExtension.size < MAX_PARTIES)
        byExtension.set(extension, { extension, name: cleanName(name), role, connected, first })
      continue
    }
    known.name ??= cleanName(name)
    known.connected ||= connected
    known.first ||= first
  }
  return [...byExtension.values()]
}
