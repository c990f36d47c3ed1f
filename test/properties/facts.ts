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
import { delivered, someOf } from './delivery.js'

const STARTED_AT = Date.UTC(2026, 10, 23, 8)

/** A model's fold, and the rows that it must give when all has come. */
interface Checked<E extends Folded<Event>> {
  kind: ReturnType<typeof entityOf>['kind']
  fold: (events: readonly E[]) => unknown
  expected: (truth: Truth) => Map<string, unknown>
}

const rows = <T extends { account: string }>(
  list: readonly T[],
  id: (row: T) => string,
  without: (row: T) => object
): Map<string, unknown> => new Map(list.map(row => [id(row), without(row)]))

const CHECKED = [
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
] satisfies Checked<Folded<Event>>[]

/**
 * Everything that REST tells of a company folds to the truth, however it comes; and a part of it, in whatever order,
 * always to the same.
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
  for (const { kind, fold, expected } of CHECKED) {
    for (const [entity, row] of expected(truth)) {
      const history = histories.get(`${kind} ${entity}`)
      if (!history) continue // only seen in a call
      assert.deepEqual(fold(delivered(history, random)), row, `${kind} ${entity}`)
      const some = someOf(history, random)
      if (some.length > 0) assert.deepEqual(fold(delivered(some, random)), fold(some), `a part of ${kind} ${entity}`)
      count++
    }
  }
  return count
}

/** When an extension was first seen is for calls to say too: see the tests of the whole projection. */
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
    [...spans].map(([extension, own]) => [extension, own.map(({ account: _, extension: __, ...span }) => span)])
  )
}
