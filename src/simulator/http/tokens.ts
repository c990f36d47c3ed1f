import { createRandom } from '../random.js'
import { oauthError } from './error-responses.js'
import type { User, World } from './state/world.js'
import type { Row } from './wire.js'

export interface TokenStore {
  /** Issues a token. @throws ErrorResponse  an OAuth error */
  issue: (form: URLSearchParams, now: number) => Row
  /** Returns the user of a token, or `null` when it is unknown or expired. */
  userOf: (token: string, now: number) => User | null
}

interface TokenGrant {
  user: User
  until: number
}

/** Issues tokens for single users, as MightyCall does. A refresh token is valid once, and for twice as long. */
export function createTokenStore(
  { users, kind, seed }: World,
  { apiKey, tokenSeconds }: { apiKey: string; tokenSeconds: number }
): TokenStore {
  const random = createRandom(seed, 300)
  const access = new Map<string, TokenGrant>()
  const refresh = new Map<string, TokenGrant>()

  function grant(user: User, now: number): Row {
    const tokens = { access_token: random.hex(64), refresh_token: random.hex(32) }
    access.set(tokens.access_token, { user, until: now + tokenSeconds * 1000 })
    refresh.set(tokens.refresh_token, { user, until: now + 2 * tokenSeconds * 1000 })
    return { ...tokens, token_type: 'bearer', expires_in: tokenSeconds }
  }

  function refreshGrant(token: string, now: number): Row {
    const known = refresh.get(token)
    refresh.delete(token)
    if (!known || known.until <= now) throw oauthError('invalid_grant')
    return grant(known.user, now)
  }

  return {
    issue: (form, now) => {
      const grantType = form.get('grant_type')
      if (grantType === 'refresh_token') return refreshGrant(form.get('refresh_token') ?? '', now)
      if (grantType !== 'client_credentials') throw oauthError('unsupported_grant_type')
      const secret = form.get('client_secret')
      const user = users.find(({ key, extension }) => secret === (key ?? (kind === 'classic' ? extension : undefined)))
      if (form.get('client_id') !== apiKey || !user) throw oauthError('invalid_client')
      return grant(user, now)
    },
    userOf: (token, now) => {
      const known = access.get(token)
      return known && known.until > now ? known.user : null
    }
  }
}
