import Type from 'typebox'
import { closed, etag, flag, guid, instant, maybe, objectId, text } from './definition.js'

/** A number or an address. Ids are GUIDs by the definition and 24 digits in its examples. */
const channelMembers = {
  labels: maybe(Type.Array(text)),
  email: maybe(Type.String({ pattern: '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$' })),
  phone: maybe(Type.String({ pattern: '^\\+?\\d{11,15}$' }))
}
export const channel = closed({ channelId: maybe(Type.Union([guid, objectId])), ...channelMembers })
export const newChannel = closed(channelMembers)

const person = {
  firstName: maybe(text),
  lastName: maybe(text),
  patronymic: maybe(text),
  comment: maybe(text),
  tags: maybe(Type.Array(text))
}

/** All may be absent: of contacts that come with others, few are there. */
export const contact = closed({
  ...person,
  etag: maybe(etag),
  contactId: maybe(objectId),
  created: maybe(instant),
  updated: maybe(instant),
  channels: maybe(Type.Array(channel)),
  state: maybe(Type.Literal('deleted')),
  role: maybe(text),
  avatarUrl: maybe(text),
  userGuid: maybe(guid),
  isAutomatic: maybe(flag)
})

/** A body must hold none of the ids, which are given by the server. */
export const newContact = closed({ ...person, channels: maybe(Type.Array(newChannel)) })
export const knownContact = closed({ ...person, channels: maybe(Type.Array(channel)) })
