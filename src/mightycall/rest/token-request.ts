import Type from 'typebox'
import Value from 'typebox/value'
import type { Account } from '../../accounts/accounts.js'
import { RestAuthError, RestRefusedError, RestUnexpectedError } from '../../errors.js'
import { isObject } from '../../lib/json.js'
import { responseError } from './failures.js'
import { type HttpOptions, type HttpResponse, sendHttp } from './http.js'

export type Grant = { kind: 'credentials' } | { kind: 'refresh'; refreshToken: string }

export interface IssuedToken {
  token: string
  lifeMs: number
  /** Milliseconds since 1970. */
  expiresAt: number
  refreshToken: string | null
}

/** One line of visible ASCII characters, since a token is sent in a header. */
const headerSafeText = Type.String({ pattern: '^[\\x21-\\x7e]{1,8192}$' })

const tokenResponse = Type.Object({
  access_token: headerSafeText,
  expires_in: Type.Number({ minimum: 1, maximum: 366 * 86_400 }),
  refresh_token: Type.Optional(Type.Union([Type.String({ minLength: 1 }), Type.Null()]))
})

const TOKEN_ROUTE = 'POST /auth/token'

interface TokenRequestOptions {
  limits: HttpOptions
  now: () => Date
  /** The number of 429 responses in a row before this request. */
  refusals: number
}

/**
 * Requests a token (source: MightyCall API v4, Authentication; the path has no `/api`).
 *
 * @throws RestAuthError        invalid_client: the keys must be corrected
 * @throws RestRefusedError     another OAuth error, such as an expired refresh token
 * @throws RestUnexpectedError  contains the path of the unreadable field and nothing else, since the response may
 *   contain a token
 */
export async function requestToken(
  grant: Grant,
  { baseUrl, apiKey, userKey }: Credentials,
  { limits, now, refusals }: TokenRequestOptions
): Promise<IssuedToken> {
  const answer = await sendHttp(
    {
      route: TOKEN_ROUTE,
      method: 'POST',
      url: `${baseUrl}/auth/token`,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', 'x-api-key': apiKey },
      body: new URLSearchParams(
        grant.kind === 'refresh'
          ? { grant_type: 'refresh_token', refresh_token: grant.refreshToken }
          : { grant_type: 'client_credentials', client_id: apiKey, client_secret: userKey }
      ).toString()
    },
    limits
  )
  const problem = oauthError(answer) ?? responseError(answer, now(), refusals)
  if (problem) throw problem
  const { json } = answer
  if (!Value.Check(tokenResponse, json))
    throw new RestUnexpectedError(
      `${TOKEN_ROUTE}, unreadable value at ${Value.Errors(tokenResponse, json)[0]?.instancePath || '/'}`
    )
  const lifeMs = json.expires_in * 1000
  return {
    token: json.access_token,
    lifeMs,
    expiresAt: now().getTime() + lifeMs,
    refreshToken: json.refresh_token ?? null
  }
}

function oauthError({ status, json }: HttpResponse): Error | null {
  if (status < 400 || status >= 500 || !isObject(json) || typeof json.error !== 'string') return null
  if (json.error === 'invalid_client') return new RestAuthError('invalid_client')
  return new RestRefusedError(`status ${status}${/^[a-z_]{1,40}$/.test(json.error) ? `, ${json.error}` : ''}`)
}

export interface Credentials {
  baseUrl: string
  apiKey: string
  userKey: string
}

/** @throws RestAuthError  a key is missing or not valid in a header; names the key, not its value */
export function credentialsOf({ apiKey, baseUrl, userKeys, kind }: Account, extension: string): Credentials {
  if (apiKey === null) throw new RestAuthError('the account has no apiKey')
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new RestAuthError('the apiKey contains characters other than visible ASCII')
  const userKey = Object.hasOwn(userKeys, extension) ? userKeys[extension] : undefined
  // a classic user without "sign-in by key" signs in by extension (source: MightyCall's support pages)
  if (userKey === undefined && kind !== 'classic') throw new RestAuthError('the extension has no user key')
  return { baseUrl, apiKey, userKey: userKey ?? extension }
}
