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

/** With `updatedSince` only what has changed since, the deleted ones among them. */
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

/** One contact in a list. What a contact center answers is not documented. */
export const contact = route({
  path: '/contacts/{contactId}',
  contactCenter: null,
  input: Type.Object({ path: aContact() }),
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

/** MightyCall gives the ids, of its channels too. */
export const createContact = route({
  method: 'POST',
  path: '/contacts',
  contactCenter: null,
  input: Type.Object({ body: newContact }),
  response: contactShape
})

/** What a contact-center account has instead; its answer is not documented. */
export const createContactCenterContact = route({
  method: 'POST',
  path: null,
  contactCenter: '/contactCenter/contacts',
  input: Type.Object({
    body: query({ firstName: Type.String(), lastName: Type.String(), initialPhoneNumber: Type.String() })
  }),
  response: Type.Unknown()
})

/**
 * What is left out is taken from the contact. With an etag that is not its any more, RestRefusedError says
 * ContactWasModified.
 */
export const replaceContact = route({
  method: 'PUT',
  path: '/contacts/{contactId}',
  contactCenter: null,
  input: Type.Object({ path: aContact(), query: etag(), body: knownContact }),
  response: contactShape
})

/** What is left out stays as it is. Of a contact center only the parameters are documented, and no answer. */
export const patchContact = route({
  method: 'PATCH',
  path: '/contacts/{contactId}',
  contactCenter: '/contactCenter/contacts/{contactId}',
  input: Type.Object({ path: aContact(), query: etag(), body: knownContact }),
  response: Type.Unknown()
})

export const deleteContact = route({
  method: 'DELETE',
  path: '/contacts/{contactId}',
  contactCenter: null,
  input: Type.Object({ path: aContact(), query: etag() }),
  response: Type.Unknown()
})

/** It takes no etag. */
export const deleteContactCenterContact = route({
  method: 'DELETE',
  path: null,
  contactCenter: '/contactCenter/contacts/{contactId}',
  input: Type.Object({ path: aContact() }),
  response: Type.Unknown()
})

function aContact() {
  return Type.Object({ contactId: id() })
}
