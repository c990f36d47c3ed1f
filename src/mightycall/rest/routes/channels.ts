import Type, { type TProperties } from 'typebox'
import { text, texts } from '../fields.js'
import { id, query } from '../parameters.js'
import { route } from '../route.js'

// Source: MightyCall API v4, Contacts. A channel is one telephone number or address of a contact.

export const channelShape = Type.Object({ channelId: text(), labels: texts(), email: text(), phone: text() })

/** The body of a channel: a telephone number or an email address. */
export function channelBody<P extends TProperties>(known?: P) {
  return Type.Object(
    {
      ...known,
      labels: Type.Optional(Type.Array(Type.String())),
      email: Type.Optional(Type.String({ pattern: '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$' })),
      phone: Type.Optional(Type.String({ pattern: '^\\+?\\d{11,15}$' }))
    },
    { additionalProperties: false }
  )
}

/** The etag of the contact when it was read, so that a conflicting change is refused. */
export const etag = () => Type.Optional(query({ etag: Type.String({ pattern: '^(?:\\*|[0-9a-f]{16})$' }) }))

const channelPath = Type.Object({ contactId: id(), channelId: id() })
const response = Type.Object({
  channel: channelShape,
  etag: text(),
  contactOperationEvent: Type.Optional(Type.Unknown())
})
const contactCenter = '/contactCenter/contacts/{contactId}/channels/{channelId}'

export const addChannel = route({
  method: 'POST',
  path: '/contacts/{contactId}/channels',
  contactCenter: '/contactCenter/contacts/{contactId}/channels',
  input: Type.Object({ path: Type.Object({ contactId: id() }), query: etag(), body: channelBody() }),
  response
})

/** The replaced channel has a new id, which is in the response. */
export const replaceChannel = route({
  method: 'PUT',
  path: '/contacts/{contactId}/channels/{channelId}',
  contactCenter,
  input: Type.Object({ path: channelPath, query: etag(), body: channelBody() }),
  response
})

/** Omitted members stay unchanged. There is no etag parameter. */
export const patchChannel = route({
  method: 'PATCH',
  path: null,
  contactCenter,
  input: Type.Object({ path: channelPath, body: channelBody() }),
  response
})

export const removeChannel = route({
  method: 'DELETE',
  path: '/contacts/{contactId}/channels/{channelId}',
  contactCenter,
  input: Type.Object({ path: channelPath, query: etag() }),
  response: Type.Unknown()
})
