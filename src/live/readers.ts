import type { Viewer } from '../access/viewer.js'

/** The kinds of objects in the stream. `health` describes this process and is not a row. */
export const LIVE_KINDS = ['call', 'agent', 'voicemail', 'message', 'gap', 'health'] as const
export type LiveKind = (typeof LIVE_KINDS)[number]

/** The kinds that only a platform administrator may see. */
export const ADMIN_KINDS: readonly LiveKind[] = ['gap', 'health']

/** Identifies an object as the table `changes` does. */
export interface LiveKey {
  account: string
  object: string
}

interface LiveRow extends LiveKey {
  /** The object as the lists show it. */
  row: object
}

/** Loads the current state of those objects that the viewer may see. */
export type LiveReader = (viewer: Viewer, keys: readonly LiveKey[]) => Promise<LiveRow[]>
export type LiveReaders = Readonly<Record<Exclude<LiveKind, 'health'>, LiveReader>>
