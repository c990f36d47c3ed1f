import Type, { type Static, type TSchema } from 'typebox'
import { parseInstant } from '../../lib/instant.js'

// The fields of responses. MightyCall omits a field or sets it to null when it has no value, so that nearly all fields
// are nullish: one missing value must not make a page of calls unreadable.

/** A value that may be null or absent. */
export function nullish<S extends TSchema>(schema: S) {
  return Type.Optional(Type.Union([schema, Type.Null()]))
}

export const text = () => nullish(Type.String())
export const flag = () => nullish(Type.Boolean())
export const count = () => nullish(Type.Integer())
export const texts = () => nullish(Type.Array(Type.String()))

/**
 * A closed set of values, case-insensitive. Decodes to the value as listed here, or to null with drift when unknown.
 */
export function oneOf<const T extends string>(...values: readonly T[]) {
  const known = new Map(values.map(value => [value.toLowerCase(), value]))
  return Type.Optional(
    Type.Decode(Type.Union([Type.String(), Type.Null()], { values }), value =>
      value === null ? null : (known.get(value.toLowerCase()) ?? null)
    )
  )
}

/**
 * An instant with `Z`, with an offset, or in UTC without either; up to seven fractional digits. The year 1, which .NET
 * uses for no date, decodes to null.
 */
export function instant() {
  return nullishDecoded(
    Type.Refine(Type.String(), value => millisOf(value) !== null),
    value => {
      const millis = millisOf(value)
      return millis === null || millis < 0 ? null : new Date(millis)
    }
  )
}

/** The duration format of `/calls`: milliseconds as a string. Decodes to seconds. */
export const milliseconds = () =>
  nullishDecoded(
    Type.Union([Type.String({ pattern: '^\\d{1,12}$' }), Type.Integer({ minimum: 0 })]),
    value => Number(value) / 1000
  )

/**
 * The duration format of `/voicemails`: seconds as a string. The unit is not documented, but the documented example
 * would be a fifth of a second in milliseconds.
 */
export const secondsAsText = () =>
  nullishDecoded(Type.Union([Type.String({ pattern: '^\\d{1,9}$' }), Type.Number({ minimum: 0 })]), Number)

/** The duration format of the journal, a .NET TimeSpan: `00:01:20`, or `1.02:03:04.5` with days. Decodes to seconds. */
export const timeSpan = () =>
  nullishDecoded(
    Type.String({ pattern: '^(?:\\d{1,4}\\.)?\\d{1,3}:[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?$' }),
    secondsOfTimeSpan
  )

/** A GUID. The nil GUID, which the documented journal rows have, decodes to null. */
export const guid = () => nullishDecoded(Type.String(), value => (/^[0-]*$/.test(value) ? null : value.toLowerCase()))

function nullishDecoded<S extends TSchema, T>(schema: S, decode: (value: Static<S>) => T | null) {
  return Type.Optional(
    // the compiler does not narrow the union of a generic schema and null
    Type.Decode(Type.Union([schema, Type.Null()]), value => (value === null ? null : decode(value as Static<S>)))
  )
}

function millisOf(value: string): number | null {
  return parseInstant(value) ?? parseInstant(`${value}Z`)
}

function secondsOfTimeSpan(value: string): number {
  const [seconds = 0, minutes = 0, hours = '0'] = value.split(':').reverse()
  const [hour = 0, days = 0] = hours.toString().split('.').reverse()
  return ((Number(days) * 24 + Number(hour)) * 60 + Number(minutes)) * 60 + Number(seconds)
}
