import type { EntityKind } from '../events/event.js'
import { calls } from './calls.js'
import type { ReadModel } from './read-model.js'

/** Kinds of entity without a read model are stored as events only. A new read model is one line here. */
export const READ_MODELS: readonly ReadModel<unknown>[] = [calls]

export function foldVersionOf (kind: EntityKind): number {
  return READ_MODELS.find(model => model.kind === kind)?.foldVersion ?? 0
}
