import type { NumberEvent } from '../../events/directory.js'
import { cleanName } from '../../events/text.js'
import { HOUR_MS } from '../../lib/instant.js'
import type { ResponseOf } from '../../mightycall/rest/route.js'
import { phoneNumbers } from '../../mightycall/rest/routes/phone-numbers.js'
import type { FactOf, RouteReader } from '../route-reader.js'
import { onePage, readList, sendRequest } from './request.js'
import { factEnvelope, idOf, numberOf, rawOf, type SourceRow } from './row.js'

/**
 * All business numbers, and those that were given up; among the latter those that we had and that are in neither list
 * any more.
 */
export const numbersReader: RouteReader = {
  route: 'numbers',
  schedule: { busyMs: 12 * HOUR_MS, quietMs: 24 * HOUR_MS },
  lookBack: null,
  history: null,
  linksTo: [],
  changes: { 'number.reported': { comparedWith: 'any-route' }, 'number.removed': { comparedWith: 'any-route' } },
  scopes: () => [null],
  async *read(context) {
    const answered = await sendRequest(context, phoneNumbers, {})
    const active = readList(
      answered.body.phoneNumbers,
      { list: 'phoneNumbers', idOf: row => row.number },
      answered,
      context
    )
    const deleted = readList(
      answered.body.deletedPhoneNumbers ?? [],
      { list: 'deletedPhoneNumbers', idOf: row => row.number },
      answered,
      context
    )
    const unread = active.unreadable.size + deleted.unreadable.size
    // one that seems to be gone may be the one that cannot be read
    const gone = active.unreadable.size > 0 ? [] : deleted.rows
    const facts = numberFacts({ active: active.rows, deleted: gone })
    if (unread === 0 && isFull(answered.body))
      facts.push(
        ...removedNumberFacts(await context.lookups.numbers(), facts, { account: context.account, at: answered.at })
      )
    yield onePage(facts, active.ids.length, unread)
  }
}

/**
 * Not an answer that holds no number at all: whoever asked may not see them. Nor one that says that it holds only some.
 */
function isFull({
  phoneNumbers: active,
  deletedPhoneNumbers: deleted,
  total
}: ResponseOf<typeof phoneNumbers>): boolean {
  return (
    active.length > 0 &&
    ((total ?? null) === null || total === active.length || total === active.length + (deleted?.length ?? 0))
  )
}

type Answer = ResponseOf<typeof phoneNumbers>
export type NumberRow = Answer['phoneNumbers'][number]

/** The two lists that /phonenumbers answers (source: MightyCall API v4, Phone Numbers). */
interface Lists {
  active: readonly (readonly [NumberRow, SourceRow])[]
  deleted: readonly (readonly [NumberRow, SourceRow])[]
}

/**
 * A number is removed when it is among the deleted ones alone: one that was given up and bought again is in both lists,
 * in the second more than once.
 */
export function numberFacts({ active, deleted }: Lists): FactOf<NumberEvent>[] {
  const listed = new Map(active.flatMap(([row, told]) => withNumber(row, told)))
  const gone = new Map(
    deleted.flatMap(([row, told]) => withNumber(row, told)).filter(([number]) => !listed.has(number))
  )
  return [
    ...[...listed].map(
      ([number, { row, told }]): FactOf<NumberEvent> => ({
        ...factEnvelope('number.reported', told),
        number,
        route: 'numbers',
        externalId: cleanName(row.objectGuid),
        label: cleanName(row.label),
        enabled: row.isEnabled ?? true, // it is among the active ones
        smsEnabled: row.smsMode ? row.smsMode === 'Enabled' : (row.mayText ?? null),
        raw: rawOf(told)
      })
    ),
    ...[...gone].map(
      ([number, { told }]): FactOf<NumberEvent> => ({
        ...factEnvelope('number.removed', told),
        number,
        raw: rawOf(told)
      })
    )
  ]
}

/**
 * Those that we had and that an answer with these facts does not tell of: for how long it lists what was deleted,
 * MightyCall does not say.
 */
export function removedNumberFacts(
  known: readonly string[],
  facts: readonly FactOf<NumberEvent>[],
  told: Pick<SourceRow, 'account' | 'at'>
): FactOf<NumberEvent>[] {
  const listed = new Set(facts.map(({ number }) => number))
  return known
    .filter(number => !listed.has(number))
    .map(number => ({ ...factEnvelope('number.removed', { ...told, raw: {} }), number, raw: {} }))
}

function withNumber(row: NumberRow, told: SourceRow): [string, { row: NumberRow; told: SourceRow }][] {
  const number = idOf(numberOf(row.number, told))
  return number === null ? [] : [[number, { row, told }]]
}
