import Type from 'typebox'

/** The version of every event's schema. A breaking change gets the next number, an added field does not. */
export const SCHEMA_VERSION = 1

/** The longest id, extension or party that is normalized; more is nobody's. */
export const MAX_NAME_LENGTH = 100

/** Of a message's text, or a transcript. */
export const MAX_TEXT_LENGTH = 20_000

/** Of a link to a recording. */
export const MAX_LINK_LENGTH = 2000

export const ACCOUNT_PATTERN = '^[a-z0-9-]{1,32}$'

const instant = (description: string) => Type.String({ format: 'date-time', description })

/** The fields of every event, in the order in which a record shows them. */
export const envelope = <T extends string>(type: T, description: string) => ({
  id: Type.String({
    format: 'uuid',
    description: 'The same for the same notification, however often it is delivered.'
  }),
  type: Type.Literal(type, { description }),
  account: Type.String({
    pattern: ACCOUNT_PATTERN,
    description: 'The MightyCall account, by the name that the configuration gives it.'
  }),
  occurredAt: instant("MightyCall's own time of the event, RFC 3339 in UTC with milliseconds."),
  receivedAt: instant('When it reached us, RFC 3339 in UTC with milliseconds.'),
  clock: Type.Optional(
    Type.Literal('suspect', {
      description:
        "Present when MightyCall's time was absent, unreadable, before 1970 or over 24 h ahead: occurredAt is then receivedAt."
    })
  ),
  source: Type.Union([Type.Literal('webhook'), Type.Literal('rest'), Type.Literal('action')], {
    description: 'How we learned it.'
  })
})

/** Null is always "not known", or what the description says. */
export const orNull = <T extends Type.TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

// The kinds of field that events are made of; null is always "not known".
export const field = {
  id: (description: string) => Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH, description }),
  name: (description: string) => orNull(Type.String({ maxLength: MAX_NAME_LENGTH }), description),
  text: (description: string) => orNull(Type.String({ maxLength: MAX_TEXT_LENGTH }), description),
  link: (description: string) => orNull(Type.String({ maxLength: MAX_LINK_LENGTH }), description),
  instant: (description: string) => orNull(Type.String({ format: 'date-time' }), description),
  seconds: (description: string) => orNull(Type.Number({ minimum: 0 }), description),
  flag: (description: string) => orNull(Type.Boolean(), description),
  oneOf: <const T extends string[]>(values: readonly [...T], description: string) =>
    orNull(Type.Enum(values), description)
}

/** Where a reported fact was read. A fold takes the newest of each route, and merges the routes in a fixed order. */
export const routeOf = <const T extends string[]>(...routes: readonly [...T]) => ({
  route: Type.Enum(routes, { description: 'Where it was read: a route of the REST API, or a webhook.' })
})

/** What MightyCall sent, last in a record. */
export const original = {
  raw: Type.Union([Type.Object({}, { additionalProperties: true }), Type.String()], {
    description: 'What MightyCall sent, without its ApiKey: the object, or the bytes when there was none.'
  }),
  rawEncoding: Type.Optional(Type.Literal('base64', { description: 'Present when raw holds bytes.' }))
}
