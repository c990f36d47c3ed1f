import type { NumberEvent } from '../../events/directory.js'
import { cleanName } from '../../events/text.js'
import type { AnswerOf } from '../../mightycall/rest/route.js'
import type { phoneNumbers } from '../../mightycall/rest/routes/phone-numbers.js'
import type { FindingOf } from '../route-reader.js'
import { rawOf } from './raw.js'
import { beginningOf, idOf, numberOf, type Told } from '../routes/row.js'

type Answer = AnswerOf<typeof phoneNumbers>
export type NumberRow = Answer['phoneNumbers'][number]

/** The two lists that /phonenumbers answers (source: MightyCall API v4, Phone Numbers). */
interface Lists {
  active: readonly (readonly [NumberRow, Told])[]
  deleted: readonly (readonly [NumberRow, Told])[]
}

/** A number is removed when it is among the deleted ones alone: one that was given up and bought again is in both lists, in the second more than once. */
export function numberFindings ({ active, deleted }: Lists): FindingOf<NumberEvent>[] {
  const listed = new Map(active.flatMap(([row, told]) => withNumber(row, told)))
  const gone = new Map(deleted.flatMap(([row, told]) => withNumber(row, told)).filter(([number]) => !listed.has(number)))
  return [
    ...[...listed].map(([number, { row, told }]): FindingOf<NumberEvent> => ({
      ...beginningOf('number.reported', told),
      number,
      route: 'numbers',
      externalId: cleanName(row.objectGuid),
      label: cleanName(row.label),
      enabled: row.isEnabled ?? true, // it is among the active ones
      smsEnabled: row.smsMode ? row.smsMode === 'Enabled' : row.mayText ?? null,
      raw: rawOf(told)
    })),
    ...[...gone].map(([number, { told }]): FindingOf<NumberEvent> => ({ ...beginningOf('number.removed', told), number, raw: rawOf(told) }))
  ]
}

/** Those that we had and that an answer with these findings does not tell of: for how long it lists what was deleted, MightyCall does not say. */
export function missingNumbers (known: readonly string[], findings: readonly FindingOf<NumberEvent>[], told: Pick<Told, 'account' | 'at'>): FindingOf<NumberEvent>[] {
  const listed = new Set(findings.map(({ number }) => number))
  return known.filter(number => !listed.has(number)).map(number => ({ ...beginningOf('number.removed', { ...told, raw: {} }), number, raw: {} }))
}

function withNumber (row: NumberRow, told: Told): [string, { row: NumberRow, told: Told }][] {
  const number = idOf(numberOf(row.number, told))
  return number === null ? [] : [[number, { row, told }]]
}
