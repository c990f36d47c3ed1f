import Type, { type TProperties } from 'typebox'
import { text, texts } from '../fields.js'
import { id, query } from '../parameters.js'
import { route } from '../route.js'

// Source: MightyCall API v4, Contacts. A channel is one telephone number or address of a contact.

export const channelShape = Type.Object({ channelId: text(), labels: texts(), email: text(), phone: text() })

/** A number or an address. */
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

/** The contact's, as it was when it was read: a change that would undo another's is refused then. */
export const etag = () => Type.Optional(query({ etag: Type.String({ pattern: '^(?:\\*|[0-9a-f]{16})$' }) }))

const aChannel = Type.Object({ contactId: id(), channelId: id() })
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

/** It has another id afterwards: that of the answer. */
export const replaceChannel = route({
  method: 'PUT',
  path: '/contacts/{contactId}/channels/{channelId}',
  contactCenter,
  input: Type.Object({ path: aChannel, query: etag(), body: channelBody() }),
  response
})

/** What is left out stays as it is. It takes no etag. */
export const patchChannel = route({
  method: 'PATCH',
  path: null,
  contactCenter,
  input: Type.Object({ path: aChannel, body: channelBody() }),
  response
})

export const removeChannel = route({
  method: 'DELETE',
  path: '/contacts/{contactId}/channels/{channelId}',
  contactCenter,
  input: Type.Object({ path: aChannel, query: etag() }),
  response: Type.Unknown()
})
