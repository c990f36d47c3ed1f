import type { Viewer } from '../access/viewer.js'
import type { ChangeKind } from '../db/changes.js'
import { CHANGE_KINDS } from '../db/schema/changes.js'

/** The kinds of objects in the stream. `health` describes this process and is not a row. */
export type LiveKind = Exclude<ChangeKind, 'reset'>
export const LIVE_KINDS = CHANGE_KINDS.filter((kind): kind is LiveKind => kind !== 'reset')

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
