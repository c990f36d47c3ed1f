import Type from 'typebox'

/** The version of all event schemas. It is increased for a breaking change, not for an additional field. */
export const SCHEMA_VERSION = 1

/** The longest id, extension, party or name, in characters. */
export const MAX_NAME_LENGTH = 100

/** The longest text of a message or a transcript, in characters. */
export const MAX_TEXT_LENGTH = 20_000

/** The longest link to a recording, in characters. */
export const MAX_LINK_LENGTH = 2000

export const ACCOUNT_PATTERN = '^[a-z0-9-]{1,32}$'

const instant = (description: string) => Type.String({ format: 'date-time', description })

/** Returns the schemas of the fields that every event has, in the order in which they appear in a record. */
export const envelope = <T extends string>(type: T, description: string) => ({
  id: Type.String({
    format: 'uuid',
    description: 'Identifies the event: every delivery of the same notification has the same id.'
  }),
  type: Type.Literal(type, { description }),
  account: Type.String({
    pattern: ACCOUNT_PATTERN,
    description: 'The id of the MightyCall account in the configuration.'
  }),
  occurredAt: instant("When the event happened by MightyCall's clock, RFC 3339 in UTC with milliseconds."),
  receivedAt: instant('When this service received it, RFC 3339 in UTC with milliseconds.'),
  clock: Type.Optional(
    Type.Literal('suspect', {
      description:
        "Present when MightyCall's time was absent, unreadable, before 1970 or more than 24 h ahead, so that " +
        'occurredAt equals receivedAt; and when occurredAt is more than 5 min after receivedAt.'
    })
  ),
  source: Type.Union([Type.Literal('webhook'), Type.Literal('rest'), Type.Literal('action')], {
    description: 'Where the event comes from: a webhook, the REST API, or an action of a user of this service.'
  })
})

/** Makes a schema nullable. Null means "unknown", unless the description says otherwise. */
export const orNull = <T extends Type.TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

/** Builders of the field schemas of events. Null means "unknown", unless the description says otherwise. */
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

/**
 * Returns the schema of the route on which a reported fact was read. A fold uses the newest fact of each route, and
 * merges the routes in a fixed order.
 */
export const routeOf = <const T extends string[]>(...routes: readonly [...T]) => ({
  route: Type.Enum(routes, { description: 'The source of the fact: a route of the REST API, or a webhook.' })
})

/** The schemas of the fields that hold what MightyCall sent. They come last in a record. */
export const original = {
  raw: Type.Union([Type.Object({}, { additionalProperties: true }), Type.String()], {
    description:
      'What MightyCall sent, without the ApiKey: a JSON object, or the bytes when it was not one. A compression of ' +
      'the body is undone, and its text is UTF-8; what cannot be decoded is kept as it was received.'
  }),
  rawEncoding: Type.Optional(Type.Literal('base64', { description: 'Present when raw contains bytes.' }))
}
