import Type from 'typebox'
import {
  asJson,
  CENTER,
  CLASSIC,
  closed,
  type Definition,
  flag,
  guid,
  instant,
  integer,
  nullish,
  phone,
  text
} from './definition.js'
import { invalid } from './general.js'

const file = closed({
  fileName: text,
  fileSize: nullish(integer),
  link: nullish(text),
  isSupportedFormat: nullish(flag),
  isImage: nullish(flag),
  isStorageExpired: nullish(flag),
  isActive: nullish(flag)
})

const send = {
  method: 'POST',
  body: asJson(
    closed({
      from: Type.String({ pattern: '^\\+1\\d{8,15}$' }),
      to: Type.Array(phone, { minItems: 1 }),
      message: Type.Optional(text),
      attachments: Type.Optional(Type.Array(closed({ name: text, data: text })))
    })
  ),
  responses: {
    200: closed({
      message: text,
      id: guid,
      sourcePhoneNumber: phone,
      destinationPhoneNumbers: Type.Array(phone),
      sendTime: instant,
      attachments: nullish(Type.Array(file))
    }),
    400: invalid,
    403: closed({ message: text })
  }
} as const

/** The responses have no envelope. */
export const MESSAGES: readonly Definition[] = [
  { ...send, path: '/api/messages/send', kinds: CLASSIC },
  { ...send, path: '/api/contactcenter/messages/send', kinds: CENTER }
]
