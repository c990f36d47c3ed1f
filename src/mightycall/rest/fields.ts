import Type, { type Static, type TSchema } from 'typebox'
import { parseInstant } from '../../lib/instant.js'

// What answers are made of. MightyCall leaves a member out, or sets it to null, when it has nothing to say:
// nearly all are optional, so that one thing it does not know of one call is not the loss of a page of calls.

/** There, null or absent. */
export function nullish<S extends TSchema>(schema: S) {
  return Type.Optional(Type.Union([schema, Type.Null()]))
}

export const text = () => nullish(Type.String())
export const flag = () => nullish(Type.Boolean())
export const count = () => nullish(Type.Integer())
export const texts = () => nullish(Type.Array(Type.String()))

/** In any casing; as it stands here when it is known, else null, which is drift. */
export function oneOf<const T extends string>(...values: readonly T[]) {
  const known = new Map(values.map(value => [value.toLowerCase(), value]))
  return Type.Optional(
    Type.Decode(Type.Union([Type.String(), Type.Null()], { values }), value =>
      value === null ? null : (known.get(value.toLowerCase()) ?? null)
    )
  )
}

/**
 * With `Z`, an offset or neither, which is UTC too; 0 to 7 fractional digits. Year 1 is what .NET calls no date: null.
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

/** Of `/calls`: milliseconds, as a text. In seconds. */
export const milliseconds = () =>
  nullishDecoded(
    Type.Union([Type.String({ pattern: '^\\d{1,12}$' }), Type.Integer({ minimum: 0 })]),
    value => Number(value) / 1000
  )

/**
 * Of `/voicemails`: seconds, as a text. The unit is not documented; the example would be a fifth of a second otherwise.
 */
export const secondsAsText = () =>
  nullishDecoded(Type.Union([Type.String({ pattern: '^\\d{1,9}$' }), Type.Number({ minimum: 0 })]), Number)

/** Of the journal: `00:01:20`, and what else .NET writes: `1.02:03:04.5` is more than a day. In seconds. */
export const timeSpan = () =>
  nullishDecoded(
    Type.String({ pattern: '^(?:\\d{1,4}\\.)?\\d{1,3}:[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?$' }),
    secondsOfTimeSpan
  )

/** A GUID; the nil one, which documented journal rows have, is none. */
export const guid = () => nullishDecoded(Type.String(), value => (/^[0-]*$/.test(value) ? null : value.toLowerCase()))

function nullishDecoded<S extends TSchema, T>(schema: S, decode: (value: Static<S>) => T | null) {
  return Type.Optional(
    Type.Decode(Type.Union([schema, Type.Null()]), value => (value === null ? null : decode(value as Static<S>)))
  ) // the other member of the union
}

function millisOf(value: string): number | null {
  return parseInstant(value) ?? parseInstant(`${value}Z`)
}

function secondsOfTimeSpan(value: string): number {
  const [seconds = 0, minutes = 0, hours = '0'] = value.split(':').reverse()
  const [hour = 0, days = 0] = hours.toString().split('.').reverse()
  return ((Number(days) * 24 + Number(hour)) * 60 + Number(minutes)) * 60 + Number(seconds)
}
