import type { NumberEvent } from '../../events/directory.js'
import { cleanName } from '../../events/text.js'
import { HOUR_MS } from '../../lib/instant.js'
import type { ResponseOf } from '../../mightycall/rest/route.js'
import { phoneNumbers } from '../../mightycall/rest/routes/phone-numbers.js'
import type { FactOf, RouteReader } from '../route-reader.js'
import { onePage, readList, sendRequest } from './request.js'
import { factEnvelope, idOf, numberOf, rawOf, type SourceRow } from './row.js'

/**
 * Reads the active and the deleted business numbers. Known numbers that are in neither list any more count as deleted.
 */
export const numbersReader: RouteReader = {
  route: 'numbers',
  schedule: { busyMs: 12 * HOUR_MS, quietMs: 24 * HOUR_MS },
  lookBacks: () => [],
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
    const unreadable = active.unreadable.size + deleted.unreadable.size
    // a number that seems to be deleted may be the active one that cannot be read
    const gone = active.unreadable.size > 0 ? [] : deleted.rows
    const facts = numberFacts({ active: active.rows, deleted: gone })
    if (unreadable === 0 && isFull(answered.body))
      facts.push(
        ...removedNumberFacts(await context.lookups.numbers(), facts, { account: context.account, at: answered.at })
      )
    yield onePage(facts, active.ids.length, unreadable)
  }
}

/**
 * Whether the lists are complete: not when they hold no number, which the asking user may not be allowed to see, nor
 * when the total is larger.
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
type NumberRow = Answer['phoneNumbers'][number]

/** The two lists of /phonenumbers (source: MightyCall API v4, Phone Numbers). */
interface Lists {
  active: readonly (readonly [NumberRow, SourceRow])[]
  deleted: readonly (readonly [NumberRow, SourceRow])[]
}

/**
 * A number is removed when it is in the deleted list alone. A number that was deleted and bought again is in both
 * lists, and may be in the deleted one several times.
 */
export function numberFacts({ active, deleted }: Lists): FactOf<NumberEvent>[] {
  const listed = new Map(active.flatMap(([row, source]) => withNumber(row, source)))
  const gone = new Map(
    deleted.flatMap(([row, source]) => withNumber(row, source)).filter(([number]) => !listed.has(number))
  )
  return [
    ...[...listed].map(
      ([number, { row, source }]): FactOf<NumberEvent> => ({
        ...factEnvelope('number.reported', source),
        number,
        route: 'numbers',
        externalId: cleanName(row.objectGuid),
        label: cleanName(row.label),
        enabled: row.isEnabled ?? true, // it is in the list of active numbers
        smsEnabled: row.smsMode ? row.smsMode === 'Enabled' : (row.mayText ?? null),
        raw: rawOf(source)
      })
    ),
    ...[...gone].map(
      ([number, { source }]): FactOf<NumberEvent> => ({
        ...factEnvelope('number.removed', source),
        number,
        raw: rawOf(source)
      })
    )
  ]
}

/** The known numbers that these facts do not mention. How long MightyCall lists a deleted number is not documented. */
function removedNumberFacts(
  known: readonly string[],
  facts: readonly FactOf<NumberEvent>[],
  source: Pick<SourceRow, 'account' | 'at'>
): FactOf<NumberEvent>[] {
  const listed = new Set(facts.map(({ number }) => number))
  return known
    .filter(number => !listed.has(number))
    .map(number => ({ ...factEnvelope('number.removed', { ...source, raw: {} }), number, raw: {} }))
}

function withNumber(row: NumberRow, source: SourceRow): [string, { row: NumberRow; source: SourceRow }][] {
  const number = idOf(numberOf(row.number, source))
  return number === null ? [] : [[number, { row, source }]]
}
