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

/** Kinds of entity without a read model are stored as events only. A new read model is one line here. */
export const READ_MODELS: readonly ReadModel<unknown>[] = [
  calls,
  voicemails,
  messages,
  presences,
  numbers,
  extensions,
  contacts,
  ranges
]

export function foldVersionOf(kind: EntityKind): number {
  return READ_MODELS.find(model => model.kind === kind)?.foldVersion ?? 0
}
