import Type, { type Static } from 'typebox'
import { envelope, field, MAX_NAME_LENGTH, original, routeOf } from './envelope.js'

const NUMBER = 'A business number, as the REST API lists it.'
const NUMBER_REMOVED = 'A business number is no longer listed.'
const EXTENSION = 'What the REST API says of an extension.'
const CONTACT = 'A contact, as the REST API lists it.'
const CONTACT_REMOVED = 'A contact was deleted.'
const RANGE =
  'A route of the REST API was read for an interval. Without unread rows it was read in full: what is not there did not happen, or is not there yet.'

const number = field.id('E.164.')
const contactId = field.id("MightyCall's id of the contact.")

export const numberReported = Type.Object(
  {
    ...envelope('number.reported', NUMBER),
    number,
    ...routeOf('numbers'),
    externalId: field.name("MightyCall's objectGuid."),
    label: field.name('As an administrator named it.'),
    enabled: Type.Boolean(),
    smsEnabled: field.flag('It can text.'),
    ...original
  },
  { title: 'number.reported', description: NUMBER }
)

export const numberRemoved = Type.Object(
  {
    ...envelope('number.removed', NUMBER_REMOVED),
    number,
    ...original
  },
  { title: 'number.removed', description: NUMBER_REMOVED }
)

export const extensionReported = Type.Object(
  {
    ...envelope('extension.reported', EXTENSION),
    extension: field.id("An agent's."),
    ...routeOf('profile', 'journal'),
    name: field.name("The agent's."),
    email: field.name("The agent's."),
    role: field.name('admin, user, …'),
    externalId: field.name("MightyCall's id of the user."),
    ...original
  },
  { title: 'extension.reported', description: EXTENSION }
)

export const contactReported = Type.Object(
  {
    ...envelope('contact.reported', CONTACT),
    contactId,
    ...routeOf('contacts'),
    name: field.name('Of a person or a company.'),
    channels: Type.Array(
      Type.Object({
        id: field.id("MightyCall's id of the channel."),
        kind: Type.Enum(['phone', 'email']),
        value: Type.String({ maxLength: 320, description: 'E.164, or an address.' }),
        labels: Type.Array(Type.String({ maxLength: MAX_NAME_LENGTH }), { maxItems: 50 })
      }),
      { maxItems: 200, description: 'How it can be reached.' }
    ),
    tags: Type.Array(Type.String({ maxLength: MAX_NAME_LENGTH }), { maxItems: 200 }),
    ...original
  },
  { title: 'contact.reported', description: CONTACT }
)

export const contactRemoved = Type.Object(
  {
    ...envelope('contact.removed', CONTACT_REMOVED),
    contactId,
    ...original
  },
  { title: 'contact.removed', description: CONTACT_REMOVED }
)

export const rangePolled = Type.Object(
  {
    ...envelope('range.polled', RANGE),
    rangeId: field.id('The route, what of it, and the interval.'),
    polled: field.id('The route.'),
    scope: field.name('What of it, such as an extension. Null: all.'),
    from: Type.String({ format: 'date-time', description: 'The beginning of the interval.' }),
    until: Type.String({ format: 'date-time', description: 'Its end.' }),
    count: Type.Integer({ minimum: 0, description: 'How many rows there were.' }),
    unread: Type.Optional(
      Type.Integer({ minimum: 1, description: 'How many of them could not be read. Absent: none.' })
    ),
    ...original
  },
  { title: 'range.polled', description: RANGE }
)

export type NumberReported = Static<typeof numberReported>
export type NumberRemoved = Static<typeof numberRemoved>
export type NumberEvent = NumberReported | NumberRemoved
export type ExtensionReported = Static<typeof extensionReported>
export type ContactReported = Static<typeof contactReported>
export type ContactRemoved = Static<typeof contactRemoved>
export type ContactEvent = ContactReported | ContactRemoved
export type RangePolled = Static<typeof rangePolled>
