import Type from 'typebox'

/** The version of every event's schema. A breaking change gets the next number, an added field does not. */
export const SCHEMA_VERSION = 1

export const ACCOUNT_PATTERN = '^[a-z0-9-]{1,32}$'

const instant = (description: string) => Type.String({ format: 'date-time', description })

/** The fields of every event, in the order in which a record shows them. */
export const envelope = <T extends string>(type: T, description: string) => ({
  id: Type.String({ format: 'uuid', description: 'The same for the same notification, however often it is delivered.' }),
  type: Type.Literal(type, { description }),
  account: Type.String({ pattern: ACCOUNT_PATTERN, description: 'The MightyCall account, by the name that the configuration gives it.' }),
  occurredAt: instant("MightyCall's own time of the event, RFC 3339 in UTC with milliseconds."),
  receivedAt: instant('When it reached us, RFC 3339 in UTC with milliseconds.'),
  clock: Type.Optional(Type.Literal('suspect', { description: "Present when MightyCall's time was absent, unreadable, before 1970 or over 24 h ahead: occurredAt is then receivedAt." })),
  source: Type.Union([Type.Literal('webhook'), Type.Literal('rest'), Type.Literal('action')], { description: 'How we learned it.' })
})

/** What MightyCall sent, last in a record. */
export const original = {
  raw: Type.Union([Type.Object({}, { additionalProperties: true }), Type.String()], { description: 'What MightyCall sent, without its ApiKey: the object, or the bytes when there was none.' }),
  rawEncoding: Type.Optional(Type.Literal('base64', { description: 'Present when raw holds bytes.' }))
}
