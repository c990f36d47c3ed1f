import Type, { type Static } from 'typebox'
import { envelope, field, MAX_NAME_LENGTH, original, routeOf } from './envelope.js'

const NUMBER = 'A business number as the REST API lists it.'
const NUMBER_REMOVED = 'A business number is no longer listed.'
const EXTENSION = 'An extension as the REST API reports it.'
const CONTACT = 'A contact as the REST API lists it.'
const CONTACT_REMOVED = 'A contact was deleted.'
const RANGE =
  'A route of the REST API was read for an interval. When no row was unreadable, the interval was read in full: ' +
  'what is missing from it did not happen, or is not listed yet.'

const number = field.id('E.164.')
const contactId = field.id("MightyCall's id of the contact.")

export const numberReported = Type.Object(
  {
    ...envelope('number.reported', NUMBER),
    number,
    ...routeOf('numbers'),
    externalId: field.name("MightyCall's objectGuid."),
    label: field.name('The name that an administrator gave it.'),
    enabled: Type.Boolean(),
    smsEnabled: field.flag('True when the number can send and receive text messages.'),
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
    extension: field.id('The extension of an agent.'),
    ...routeOf('profile', 'journal'),
    name: field.name('The name of the agent.'),
    email: field.name('The e-mail address of the agent.'),
    role: field.name("MightyCall's name of the role: admin, user, …"),
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
    name: field.name('The name of a person or a company.'),
    channels: Type.Array(
      Type.Object({
        id: field.id("MightyCall's id of the channel."),
        kind: Type.Enum(['phone', 'email']),
        value: Type.String({ maxLength: 320, description: 'E.164, or an e-mail address.' }),
        labels: Type.Array(Type.String({ maxLength: MAX_NAME_LENGTH }), { maxItems: 50 })
      }),
      { maxItems: 200, description: 'The telephone numbers and e-mail addresses of the contact.' }
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
    rangeId: field.id('Identifies the route, the scope and the interval.'),
    polled: field.id('The route that was read.'),
    scope: field.name('The part of the route that was read, such as an extension, or null for the whole route.'),
    from: Type.String({ format: 'date-time', description: 'The start of the interval.' }),
    until: Type.String({ format: 'date-time', description: 'The end of the interval.' }),
    count: Type.Integer({ minimum: 0, description: 'The number of rows in the response.' }),
    unread: Type.Optional(
      Type.Integer({ minimum: 1, description: 'The number of unreadable rows. Absent when there are none.' })
    ),
    ...original
  },
  { title: 'range.polled', description: RANGE }
)

export type NumberReported = Static<typeof numberReported>
type NumberRemoved = Static<typeof numberRemoved>
export type NumberEvent = NumberReported | NumberRemoved
export type ExtensionReported = Static<typeof extensionReported>
export type ContactReported = Static<typeof contactReported>
export type ContactRemoved = Static<typeof contactRemoved>
export type ContactEvent = ContactReported | ContactRemoved
export type RangePolled = Static<typeof rangePolled>
