import Type, { type TSchema } from 'typebox'

// The parameters of requests. Callers pass the types of the project (a Date, E.164), and encoding converts them to the
// format of the route.

/** The documented format of `/calls` and `/voicemails`: `yyyy-MM-ddThh:mm:ss` in UTC. */
export const utcSeconds = () =>
  Type.Codec(Type.String({ pattern: '^\\d{4}(?:-\\d\\d){2}T\\d\\d:\\d\\d:\\d\\d$' }))
    .Decode(text => new Date(`${text}Z`))
    .Encode(date => date.toISOString().slice(0, 19))

/** The format of the journal and of contacts: ISO 8601 in UTC. */
export const utcInstant = () =>
  Type.Codec(Type.String({ pattern: 'Z$' }))
    .Decode(text => new Date(text))
    .Encode(date => date.toISOString())

/**
 * A number in E.164, encoded as its last 11 digits, the most that `/phonenumbers/{number}` accepts. The encoding is not
 * reversible.
 */
export const phoneDigits = () =>
  Type.Codec(Type.String({ pattern: '^\\d{3,11}$' }))
    .Decode(text => `+${text}`)
    .Encode(number => number.replace(/^\+/, '').slice(-11))

export const e164 = () => Type.String({ pattern: '^\\+\\d{8,15}$' })

/** A list in one parameter, separated by commas. */
export function commaSeparated<S extends TSchema>(_item: S) {
  return Type.Codec(Type.String({ minLength: 1 }))
    .Decode((text): Item<S>[] => text.split(',') as Item<S>[])
    .Encode(items => items.join(',')) // never decoded
}

type Item<S extends TSchema> = S extends { enum: infer E extends readonly string[] } ? E[number] : string

/** One of the values that MightyCall API v4 lists. */
export const choice = <const T extends string[]>(...values: readonly [...T]) => Type.Enum(values)

export const pageSize = () => Type.Integer({ minimum: 1, maximum: 1000 })
export const page = () => Type.Integer({ minimum: 1 })
export const skip = () => Type.Integer({ minimum: 0 })
export const id = () => Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' })
export const extension = () => Type.String({ pattern: '^\\d{1,20}$' })

/** A query in which every parameter is optional. */
export const query = <P extends Record<string, TSchema>>(parameters: P) => Type.Partial(Type.Object(parameters))
