import type { Viewer } from '../access/viewer.js'

/** What can be watched. Health is of this process, and is no row. */
export const LIVE_KINDS = ['call', 'agent', 'voicemail', 'message', 'gap', 'health'] as const
export type LiveKind = (typeof LIVE_KINDS)[number]

/** Those that take a platform administrator. */
export const ADMIN_KINDS: readonly LiveKind[] = ['gap', 'health']

/** An object as `changes` names it. */
export interface LiveKey {
  account: string
  object: string
}

export interface LiveRow extends LiveKey {
  /** As the lists show it. */
  row: object
}

/** Those of the objects that the viewer may see, as they are now. */
export type LiveReader = (viewer: Viewer, keys: readonly LiveKey[]) => Promise<LiveRow[]>
export type LiveReaders = Readonly<Record<Exclude<LiveKind, 'health'>, LiveReader>>
