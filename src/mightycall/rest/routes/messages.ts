import Type from 'typebox'
import { instant, nullish, text, texts } from '../fields.js'
import { e164 } from '../parameters.js'
import { route } from '../route.js'

/**
 * Sends a message. The user of the token must be allowed to text from the number. This is the only route with a
 * documented limit besides the daily one.
 */
export const sendMessage = route({
  method: 'POST',
  path: '/messages/send',
  contactCenter: '/contactcenter/messages/send',
  hasOwnLimit: true,
  input: Type.Object({
    body: Type.Object({
      from: e164(),
      to: Type.Array(e164(), { minItems: 1 }),
      message: Type.Optional(Type.String()),
      attachments: Type.Optional(
        Type.Array(Type.Object({ name: Type.String({ minLength: 1 }), data: Type.String({ description: 'Base64.' }) }))
      )
    })
  }),
  response: Type.Object({
    message: text(),
    id: text(),
    sourcePhoneNumber: text(),
    destinationPhoneNumbers: texts(),
    sendTime: instant(),
    attachments: nullish(Type.Array(Type.Unknown()))
  })
})
