import Type from 'typebox'
import { count, flag, instant, maybe, oneOf, text, texts } from '../fields.js'
import { id, page, pageSize, query, utcInstant } from '../parameters.js'
import { route } from '../route.js'

const channel = Type.Object({ channelId: text(), labels: texts(), email: text(), phone: text() })

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
  channels: maybe(Type.Array(channel)),
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
  input: Type.Object({ query: query({ page: page(), pageSize: pageSize(), updatedSince: utcInstant(), includeAuto: Type.Boolean(), phone: Type.Array(Type.String()) }) }),
  answer: Type.Object({ contacts: Type.Array(contactShape), pages: count(), records: count(), currentPage: count(), status: text(), errorInfo: text() }),
  list: 'contacts'
})

const contactBody = Type.Object({
  firstName: Type.Optional(Type.String()),
  lastName: Type.Optional(Type.String()),
  patronymic: Type.Optional(Type.String()),
  comment: Type.Optional(Type.String()),
  tags: Type.Optional(Type.Array(Type.String())),
  channels: Type.Optional(Type.Array(Type.Object({
    channelId: Type.Optional(Type.String()),
    labels: Type.Optional(Type.Array(Type.String())),
    email: Type.Optional(Type.String()),
    phone: Type.Optional(Type.String({ pattern: '^\\+?\\d{11,15}$' }))
  })))
}, { additionalProperties: false })

const aContact = Type.Object({ contactId: id() })
const etag = query({ etag: Type.String() })

export const createContact = route({ method: 'POST', path: '/contacts', contactCenter: null, input: Type.Object({ body: contactBody }), answer: contactShape })

/** What a contact-center account has instead; its answer is not documented. */
export const createContactCenterContact = route({
  method: 'POST',
  path: null,
  contactCenter: '/contactCenter/contacts',
  input: Type.Object({ body: query({ firstName: Type.String(), lastName: Type.String(), initialPhoneNumber: Type.String() }) }),
  answer: Type.Unknown()
})

/** With an etag that is not the contact's any more, RestRefusedError says ContactWasModified. */
export const replaceContact = route({ method: 'PUT', path: '/contacts/{contactId}', contactCenter: null, input: Type.Object({ path: aContact, query: Type.Optional(etag), body: contactBody }), answer: contactShape })

export const deleteContact = route({ method: 'DELETE', path: '/contacts/{contactId}', contactCenter: '/contactCenter/contacts/{contactId}', input: Type.Object({ path: aContact, query: Type.Optional(etag) }), answer: Type.Unknown() })
