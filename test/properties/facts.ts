import assert from 'node:assert/strict'
import type { ContactEvent, ExtensionReported, NumberEvent } from '../../src/events/directory.js'
import { type Event, entityOf, type Folded } from '../../src/events/event.js'
import type { MessageEvent } from '../../src/events/message.js'
import type { StatusEvent } from '../../src/events/status.js'
import type { VoicemailEvent } from '../../src/events/voicemail.js'
import { foldContact } from '../../src/project/models/contacts.js'
import { foldExtension } from '../../src/project/models/extensions.js'
import { foldMessage } from '../../src/project/models/messages.js'
import { foldNumber } from '../../src/project/models/numbers.js'
import { foldPresence } from '../../src/project/models/presences.js'
import { foldVoicemail } from '../../src/project/models/voicemails.js'
import { simulateCompany } from '../../src/simulator/company.js'
import { createRandom } from '../../src/simulator/random.js'
import type { Truth } from '../../src/simulator/truth.js'
import { groupBy } from '../support/group-by.js'
import { randomSubset, shuffledWithCopies } from './delivery.js'

const STARTED_AT = Date.UTC(2026, 10, 23, 8)

/** The fold of a read model, and the rows that it must return for all events. */
interface CheckedModel<E extends Folded<Event>> {
  kind: ReturnType<typeof entityOf>['kind']
  fold: (events: readonly E[]) => unknown
  expected: (truth: Truth) => Map<string, unknown>
}

const rows = <T extends { account: string }>(
  list: readonly T[],
  id: (row: T) => string,
  without: (row: T) => object
): Map<string, unknown> => new Map(list.map(row => [id(row), without(row)]))

const CHECKED_MODELS = [
  {
    kind: 'voicemail',
    fold: events => foldVoicemail(events as Folded<VoicemailEvent>[]),
    expected: truth =>
      rows(
        truth.voicemails,
        row => row.voicemailId,
        ({ account: _, voicemailId: __, ...row }) => row
      )
  },
  {
    kind: 'message',
    fold: events => foldMessage(events as Folded<MessageEvent>[]),
    expected: truth =>
      rows(
        truth.messages,
        row => row.messageId,
        ({ account: _, messageId: __, ...row }) => row
      )
  },
  {
    kind: 'number',
    fold: events => foldNumber(events as Folded<NumberEvent>[]),
    expected: truth =>
      rows(
        truth.numbers,
        row => row.number,
        ({ account: _, number: __, ...row }) => row
      )
  },
  {
    kind: 'contact',
    fold: events => foldContact(events as Folded<ContactEvent>[]),
    expected: truth =>
      rows(
        truth.contacts,
        row => row.contactId,
        ({ account: _, contactId: __, ...row }) => row
      )
  },
  {
    kind: 'extension',
    fold: events => nameOf(foldExtension(events as Folded<ExtensionReported>[])),
    expected: truth =>
      rows(
        truth.extensions,
        row => row.extension,
        row => nameOf(row) ?? {}
      )
  },
  { kind: 'presence', fold: events => foldPresence(events as Folded<StatusEvent>[]), expected: spansByExtension }
] satisfies CheckedModel<Folded<Event>>[]

/**
 * All REST facts of a company fold to the truth in any order of delivery, and any subset folds to the same row in any
 * order.
 */
export function factsOfCompany(seed: number): number {
  const { truth, facts } = simulateCompany({
    seed,
    startAt: STARTED_AT,
    calls: 4,
    messages: 8,
    contacts: 6,
    presenceChanges: 12
  })
  const random = createRandom(seed, 97)
  const histories = groupBy(facts, fact => `${entityOf(fact).kind} ${entityOf(fact).entity}`)
  let count = 0
  for (const { kind, fold, expected } of CHECKED_MODELS) {
    for (const [entity, row] of expected(truth)) {
      const history = histories.get(`${kind} ${entity}`)
      if (!history) continue // known only from calls
      assert.deepEqual(fold(shuffledWithCopies(history, random)), row, `${kind} ${entity}`)
      const subset = randomSubset(history, random)
      if (subset.length > 0)
        assert.deepEqual(fold(shuffledWithCopies(subset, random)), fold(subset), `a subset of ${kind} ${entity}`)
      count++
    }
  }
  return count
}

/** Omits the first sighting of an extension, which depends on calls as well. */
function nameOf(
  extension: { displayName: string | null; email: string | null; role: string | null; externalId: string | null } | null
): object | null {
  return (
    extension && {
      displayName: extension.displayName,
      email: extension.email,
      role: extension.role,
      externalId: extension.externalId
    }
  )
}

function spansByExtension(truth: Truth): Map<string, unknown> {
  const spans = groupBy(truth.presences, ({ extension }) => extension)
  return new Map(
    [...spans].map(([extension, ofExtension]) => [
      extension,
      ofExtension.map(({ account: _, extension: __, ...span }) => span)
    ])
  )
}
