import Type, { type TSchema } from 'typebox'

// What requests are made of. A caller gives what the rest of the project has (a Date, E.164); encoding makes of it what
// the route wants.

/** `yyyy-MM-ddThh:mm:ss`, which is UTC: what `/calls` and `/voicemails` document. */
export const utcSeconds = () =>
  Type.Codec(Type.String({ pattern: '^\\d{4}(?:-\\d\\d){2}T\\d\\d:\\d\\d:\\d\\d$' }))
    .Decode(text => new Date(`${text}Z`))
    .Encode(date => date.toISOString().slice(0, 19))

/** ISO 8601 in UTC, of the journal and contacts. */
export const utcInstant = () =>
  Type.Codec(Type.String({ pattern: 'Z$' }))
    .Decode(text => new Date(text))
    .Encode(date => date.toISOString())

/**
 * E.164, of which `/phonenumbers/{number}` takes 11 digits at most: the last ones. What has been encoded is never
 * decoded.
 */
export const phoneDigits = () =>
  Type.Codec(Type.String({ pattern: '^\\d{3,11}$' }))
    .Decode(text => `+${text}`)
    .Encode(number => number.replace(/^\+/, '').slice(-11))

export const e164 = () => Type.String({ pattern: '^\\+\\d{8,15}$' })

/** Several, in one parameter with commas between. */
export function commaSeparated<S extends TSchema>(_item: S) {
  return Type.Codec(Type.String({ minLength: 1 }))
    .Decode((text): Item<S>[] => text.split(',') as Item<S>[])
    .Encode(items => items.join(',')) // never decoded
}

type Item<S extends TSchema> = S extends { enum: infer E extends readonly string[] } ? E[number] : string

/** One of what is listed in MightyCall API v4. */
export const choice = <const T extends string[]>(...values: readonly [...T]) => Type.Enum(values)

export const pageSize = () => Type.Integer({ minimum: 1, maximum: 1000 })
export const page = () => Type.Integer({ minimum: 1 })
export const skip = () => Type.Integer({ minimum: 0 })
export const id = () => Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' })
export const extension = () => Type.String({ pattern: '^\\d{1,20}$' })

/** Of a query: all of them may be left out. */
export const query = <P extends Record<string, TSchema>>(parameters: P) => Type.Partial(Type.Object(parameters))
