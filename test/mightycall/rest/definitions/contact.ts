import Type from 'typebox'
import { closed, etag, flag, guid, instant, nullish, objectId, text } from './definition.js'

/** A telephone number or an email address. Ids are GUIDs in the definition and have 24 digits in its examples. */
const channelMembers = {
  labels: nullish(Type.Array(text)),
  email: nullish(Type.String({ pattern: '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$' })),
  phone: nullish(Type.String({ pattern: '^\\+?\\d{11,15}$' }))
}
export const channel = closed({ channelId: nullish(Type.Union([guid, objectId])), ...channelMembers })
export const newChannel = closed(channelMembers)

const person = {
  firstName: nullish(text),
  lastName: nullish(text),
  patronymic: nullish(text),
  comment: nullish(text),
  tags: nullish(Type.Array(text))
}

/** Every member may be absent: a contact inside another response has only a few. */
export const contact = closed({
  ...person,
  etag: nullish(etag),
  contactId: nullish(objectId),
  created: nullish(instant),
  updated: nullish(instant),
  channels: nullish(Type.Array(channel)),
  state: nullish(Type.Literal('deleted')),
  role: nullish(text),
  avatarUrl: nullish(text),
  userGuid: nullish(guid),
  isAutomatic: nullish(flag)
})

/** A body must not contain ids, which the server assigns. */
export const newContact = closed({ ...person, channels: nullish(Type.Array(newChannel)) })
export const knownContact = closed({ ...person, channels: nullish(Type.Array(channel)) })
