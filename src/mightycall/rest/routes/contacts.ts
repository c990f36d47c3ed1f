import Type from 'typebox'
import { count, flag, instant, nullish, oneOf, text, texts } from '../fields.js'
import { id, page, pageSize, query, utcInstant } from '../parameters.js'
import { route } from '../route.js'
import { channelBody, channelShape, etag } from './channels.js'

export const contactShape = Type.Object({
  contactId: text(),
  etag: text(),
  firstName: text(),
  lastName: text(),
  patronymic: text(),
  created: instant(),
  updated: instant(),
  comment: text(),
  tags: texts(),
  channels: nullish(Type.Array(channelShape)),
  state: oneOf('deleted'),
  role: text(),
  avatarUrl: text(),
  isAutomatic: flag(),
  userGuid: text(),
  actualInteraction: Type.Optional(Type.Unknown()),
  resolvedExternalContacts: Type.Optional(Type.Unknown()),
  latestResolvedExternalContact: Type.Optional(Type.Unknown()),
  contactOperationEvent: Type.Optional(Type.Unknown()),
  teamUserOperationEvent: Type.Optional(Type.Unknown())
})

/** With `updatedSince`, lists only contacts that were changed or deleted since. */
export const contacts = route({
  path: '/contacts',
  contactCenter: '/contactCenter/contacts',
  input: Type.Object({
    query: query({
      page: page(),
      pageSize: pageSize(),
      updatedSince: utcInstant(),
      includeAuto: Type.Boolean(),
      phone: Type.Array(Type.String())
    })
  }),
  response: Type.Object({
    contacts: Type.Array(contactShape),
    pages: count(),
    records: count(),
    currentPage: count(),
    status: text(),
    errorInfo: text()
  }),
  list: 'contacts'
})

/** Returns a list of one contact. The response for a contact center is not documented. */
export const contact = route({
  path: '/contacts/{contactId}',
  contactCenter: null,
  input: Type.Object({ path: contactPath() }),
  response: Type.Object({ contacts: Type.Array(contactShape) }),
  list: 'contacts'
})

const person = {
  firstName: Type.Optional(Type.String()),
  lastName: Type.Optional(Type.String()),
  patronymic: Type.Optional(Type.String()),
  comment: Type.Optional(Type.String()),
  tags: Type.Optional(Type.Array(Type.String()))
}
const newContact = Type.Object(
  { ...person, channels: Type.Optional(Type.Array(channelBody())) },
  { additionalProperties: false }
)
const knownContact = Type.Object(
  { ...person, channels: Type.Optional(Type.Array(channelBody({ channelId: Type.Optional(Type.String()) }))) },
  { additionalProperties: false }
)

/** MightyCall assigns the ids of the contact and its channels. */
export const createContact = route({
  method: 'POST',
  path: '/contacts',
  contactCenter: null,
  input: Type.Object({ body: newContact }),
  response: contactShape
})

/** The route for contact-center accounts; its response is not documented. */
export const createContactCenterContact = route({
  method: 'POST',
  path: null,
  contactCenter: '/contactCenter/contacts',
  input: Type.Object({
    body: query({ firstName: Type.String(), lastName: Type.String(), initialPhoneNumber: Type.String() })
  }),
  response: Type.Unknown()
})

/** Removes omitted members. With an outdated etag, fails with a RestRefusedError whose reason is ContactWasModified. */
export const replaceContact = route({
  method: 'PUT',
  path: '/contacts/{contactId}',
  contactCenter: null,
  input: Type.Object({ path: contactPath(), query: etag(), body: knownContact }),
  response: contactShape
})

/** Omitted members stay unchanged. For a contact center, only the parameters are documented. */
export const patchContact = route({
  method: 'PATCH',
  path: '/contacts/{contactId}',
  contactCenter: '/contactCenter/contacts/{contactId}',
  input: Type.Object({ path: contactPath(), query: etag(), body: knownContact }),
  response: Type.Unknown()
})

export const deleteContact = route({
  method: 'DELETE',
  path: '/contacts/{contactId}',
  contactCenter: null,
  input: Type.Object({ path: contactPath(), query: etag() }),
  response: Type.Unknown()
})

/** There is no etag parameter. */
export const deleteContactCenterContact = route({
  method: 'DELETE',
  path: null,
  contactCenter: '/contactCenter/contacts/{contactId}',
  input: Type.Object({ path: contactPath() }),
  response: Type.Unknown()
})

function contactPath() {
  return Type.Object({ contactId: id() })
}
