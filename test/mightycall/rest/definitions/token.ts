import Type from 'typebox'
import { BOTH, closed, type Definition, text } from './definition.js'

/** `client_secret` is the key of a user, or the extension for a classic account. */
const credentials = closed({ grant_type: Type.Literal('client_credentials'), client_id: text, client_secret: text })
const refresh = closed({ grant_type: Type.Literal('refresh_token'), refresh_token: text })

/** The responses to wrong keys follow RFC 6749. */
export const TOKEN: readonly Definition[] = [
  {
    method: 'POST',
    path: '/auth/token',
    kinds: BOTH,
    isOpen: true,
    body: { contentType: 'application/x-www-form-urlencoded', schema: Type.Union([credentials, refresh]) },
    responses: {
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
