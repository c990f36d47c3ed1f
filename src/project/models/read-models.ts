import type { EntityKind } from '../../events/event.js'
import { calls } from './calls/calls.js'
import { contacts } from './contacts.js'
import { extensions } from './extensions.js'
import { messages } from './messages.js'
import { numbers } from './numbers.js'
import { presences } from './presences.js'
import { ranges } from './ranges.js'
import type { ReadModel } from './read-model.js'
import { voicemails } from './voicemails.js'

/**
 * All read models. A new one is one line here; entities of kinds without a model are stored as events only.
 * Models of one kind are folded in this order, each independently of the others.
 */
export const READ_MODELS: readonly ReadModel[] = [
  calls,
  voicemails,
  messages,
  presences,
  numbers,
  extensions,
  contacts,
  ranges
]

/** The fold versions of models that have been removed, by their kind. See `foldVersionOf`. */
const REMOVED_VERSIONS: Readonly<Partial<Record<EntityKind, number>>> = {}

export function modelsOf(kind: EntityKind): ReadModel[] {
  return READ_MODELS.filter(model => model.kind === kind)
}

/**
 * The version by which entities of a kind are folded today, which `entities.fold_version` records: the sum of the
 * versions of all models of the kind, 0 when there are none. Entities with a lower sum are folded again, by all models
 * of their kind, so raising the version of one model or adding a model is enough.
 *
 * The sum must never fall, or a later raise could go unnoticed. Therefore a model's version is only raised, and the
 * version of a removed model is added to REMOVED_VERSIONS.
 */
export function foldVersionOf(kind: EntityKind): number {
  return modelsOf(kind).reduce((sum, { foldVersion }) => sum + foldVersion, REMOVED_VERSIONS[kind] ?? 0)
}

/** The kinds that have a model, in the order of READ_MODELS, in which every transaction locks and writes rows. */
export function foldedKinds(): EntityKind[] {
  return [...new Set(READ_MODELS.map(({ kind }) => kind))]
}
