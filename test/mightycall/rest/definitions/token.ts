import Type from 'typebox'
import { BOTH, closed, type Definition, text } from './definition.js'

/** The key of a user, or of a classic account the extension. */
const credentials = closed({ grant_type: Type.Literal('client_credentials'), client_id: text, client_secret: text })
const refresh = closed({ grant_type: Type.Literal('refresh_token'), refresh_token: text })

/** What is answered to wrong keys is RFC 6749's. */
export const TOKEN: readonly Definition[] = [
  {
    method: 'POST',
    path: '/auth/token',
    kinds: BOTH,
    isOpen: true,
    body: { contentType: 'application/x-www-form-urlencoded', schema: Type.Union([credentials, refresh]) },
    answers: {
      200: closed({
        access_token: text,
        token_type: Type.Literal('bearer'),
        expires_in: Type.Integer({ minimum: 1 }),
        refresh_token: text
      }),
      400: closed({ error: Type.Enum(['invalid_client', 'invalid_grant', 'unsupported_grant_type']) })
    }
  }
]
