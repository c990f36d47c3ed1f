import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

/** The programs of the service with an injected bug, which the campaign must detect. */
export const RIGS = ['early-ack', 'early-checkpoint', 'retries'] as const
export type Rig = (typeof RIGS)[number]

export function rigProgram(rig: Rig): string {
  return path.join(PROJECT_ROOT, 'dist/test/chaos/rigged', `${rig}.js`)
}
