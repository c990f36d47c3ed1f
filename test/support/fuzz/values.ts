import fc from 'fast-check'
import { INSTANT_OR_DAY } from '../../../src/http/instant-or-day.js'
import type { Schema } from './operations.js'

/** Values that programs send by mistake and that attackers try. */
const HOSTILE = [
  '',
  ' ',
  '\t',
  '\0',
  'before\0behind',
  '\r\nset-cookie: hostile=1',
  "' or 1=1 --",
  "'; drop table call_history; --",
  '") or ("1"="1',
  '$1',
  '%',
  '_',
  '\\',
  '%%%',
  '\\%_',
  'percent%_under',
  'a b c d e f',
  '-1',
  '-0',
  '0',
  '1.5',
  '1e309',
  '1e2',
  '0x10',
  '9007199254740993',
  '99999999999999999999',
  '2147483648',
  '-9223372036854775809',
  'NaN',
  '-Infinity',
  'null',
  'undefined',
  'true',
  'yes',
  '[]',
  '{}',
  '[object Object]',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '../..',
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  '{00000000-0000-0000-0000-000000000000}',
  '٣٣٣٣',
  '\u202emirrored',
  'ﬀ ligature',
  '👩‍👩‍👧‍👦'.repeat(5),
  'İıſK',
  '\ufeff\uffff',
  '+1 (555) 010-0001 ext. 7',
  '+',
  '+++++++',
  '0'.repeat(100)
]

/** Edge cases of RFC 3339, and values just outside it. */
const INSTANTS = [
  '2026-02-30',
  '2026-02-30T00:00:00Z',
  '2026-13-01',
  '0000-00-00',
  '0000-01-01',
  '0000-01-01T00:00:00Z',
  '0001-01-01',
  '0001-01-01T00:00:00+23:59',
  '9999-12-31',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59-23:59',
  '2026-12-31T23:59:60Z',
  '2026-11-23T24:00:00Z',
  '2026-11-23T08:00:00+99:99',
  '2026-11-23T08:00:00+14:00',
  '2026-11-23T08:00:00-00:00',
  '2026-11-23t08:00:00z',
  '2026-11-23 08:00:00Z',
  '2026-11-23T08:00Z',
  '2026-11-23T08:00:00',
  '2026-11-23T08:00:00.123456789123456789Z',
  '2026-11-23T08:00:00.Z',
  '+275760-09-13T00:00:00.000Z',
  '-271821-04-20T00:00:00Z',
  '99999-01-01',
  '1583-01-01',
  '1900-01-01',
  'now',
  'infinity',
  'epoch',
  '2026-W48-1'
]

export const hostile = (): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...HOSTILE) },
    { weight: 2, arbitrary: fc.constantFrom(...INSTANTS) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('x', '9', 'é', '%', '\0', '😀'), fc.constantFrom(101, 257, 1_001, 4_000))
        .map(([text, times]) => text.repeat(times))
    },
    { weight: 1, arbitrary: fc.oneof(fc.bigInt(), fc.double()).map(String) }
  )

/** Percent-encodings that do not decode to text. */
export const MALFORMED = ['%', '%z1', '%ff%fe', '%C0%80', '%ED%A0%80', '%F5%80%80%80']

/** Generates instants and days, valid and almost valid. */
const moment = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc
      .date({ min: new Date('2026-11-20'), max: new Date('2026-11-26'), noInvalidDate: true })
      .map(date => date.toISOString()),
    fc
      .date({ min: new Date('2026-11-20'), max: new Date('2026-11-26'), noInvalidDate: true })
      .map(date => date.toISOString().slice(0, 10)),
    fc.constantFrom(...INSTANTS)
  )

/** The number of known values, from the first, that are chosen more often. */
const PREFERRED_VALUES = 7

/** Generates JSON values that match the schema, often values that exist in the database. */
export function validFor(schema: Schema, known: readonly string[]): fc.Arbitrary<unknown> {
  const {
    enum: options,
    anyOf,
    items,
    properties,
    required = [],
    minLength = 0,
    maxLength = 200,
    minimum = 0,
    maximum = 1e6
  } = schema
  if (options) return fc.constantFrom(...options)
  if (anyOf) return fc.oneof(...anyOf.map(option => validFor(option, known)))
  if (items) return fc.array(validFor(items, known), { minLength: 1, maxLength: 3 })
  if (properties)
    return fc.record(
      Object.fromEntries(
        Object.entries(properties).map(([name, property]) => {
          const value = validFor(property, known)
          return [
            name,
            required.includes(name)
              ? value
              : fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })
          ]
        })
      )
    )
  if (schema.type === 'null') return fc.constant(null)
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'integer') return fc.integer({ min: minimum, max: maximum })
  if (schema.type === 'number') return fc.double({ min: minimum, max: maximum, noNaN: true })
  const matching = known.filter(
    value =>
      value.length >= minLength &&
      value.length <= maxLength &&
      (!schema.pattern || new RegExp(schema.pattern).test(value)) &&
      (schema.format !== 'uuid' || /^[0-9a-f-]{36}$/.test(value))
  )
  return fc.oneof(
    ...(matching.length > 0
      ? [
          { weight: 2, arbitrary: fc.constantFrom(...matching.slice(0, PREFERRED_VALUES)) },
          { weight: 2, arbitrary: fc.constantFrom(...matching) }
        ]
      : []),
    { weight: schema.pattern === INSTANT_OR_DAY.pattern ? 8 : 1, arbitrary: freeText(schema, minLength, maxLength) }
  )
}

function freeText({ format, pattern }: Schema, minLength: number, maxLength: number): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid()
  if (pattern === INSTANT_OR_DAY.pattern) return moment()
  return pattern
    ? fc.stringMatching(new RegExp(pattern))
    : fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 20) })
}
