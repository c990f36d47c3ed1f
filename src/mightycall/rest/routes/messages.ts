import Type from 'typebox'
import { instant, nullish, text, texts } from '../fields.js'
import { e164 } from '../parameters.js'
import { route } from '../route.js'

/**
 * The token's user must be allowed to text from the number. Of this route alone a limit by time is documented, besides
 * that of the day.
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
