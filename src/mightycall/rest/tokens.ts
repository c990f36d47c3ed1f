import { backOffMs, withJitter } from '../../lib/backoff.js'
import { restFailureOf } from './failures.js'
import type { PermitClass } from './quota/port.js'
import type { Grant, IssuedToken } from './token-request.js'

export interface Tokens {
  /** Returns a valid token. @throws the error of the token request; while backing off, without sending another */
  get: (permitClass: PermitClass) => Promise<string>
  /** Marks a token that MightyCall refused, so that the next `get` requests another. */
  discard: (token: string) => void
  /** Delays the next token request, because MightyCall refused even a new token. */
  backOff: (err: unknown) => void
}

export interface TokensOptions {
  request: (grant: Grant, permitClass: PermitClass) => Promise<IssuedToken>
  now: () => Date
  /** Returns a number from 0 to 1. */
  random: () => number
}

/** How long before its expiry a token is renewed; at most a tenth of its lifetime. */
const RENEW_BEFORE_MS = 5 * 60_000
const BACK_OFF = { first: 1_000, most: 5 * 60_000 }

/**
 * The newest token of the user:
 *
 * none       no token was issued yet; `issue` → valid
 * valid      used until shortly before it expires; `issue` → valid, `discard` → discarded
 * discarded  refused by MightyCall; only its refresh token is of use; `issue` → valid
 */
type TokenState = { state: 'none' } | { state: 'valid' | 'discarded'; issued: IssuedToken }

/**
 * The request for a token, which is sent at most once at a time:
 *
 * idle         the next `get` that needs a token → requesting
 * requesting   every `get` that needs a token waits for the same result; success → idle, failure → backing-off or idle
 * backing-off  until `until`, every `get` that needs a token fails with `err`; afterwards the next one → requesting
 */
type RequestState =
  | { state: 'idle' }
  | { state: 'requesting'; result: Promise<string> }
  | { state: 'backing-off'; err: unknown; until: number }

/** Caches the token of one user, and renews it with one request, however many callers need it. */
export function createTokens({ request, now, random }: TokensOptions): Tokens {
  let token: TokenState = { state: 'none' }
  let pending: RequestState = { state: 'idle' }
  let failures = 0 // not reset when a token is issued, since MightyCall may refuse that token

  function backOff(err: unknown): void {
    const waitMs = withJitter(backOffMs(++failures, BACK_OFF), random())
    // the result of a request in flight decides what is next
    if (pending.state !== 'requesting') pending = { state: 'backing-off', err, until: now().getTime() + waitMs }
  }

  async function issue(permitClass: PermitClass): Promise<string> {
    try {
      const issued = await requestToken(permitClass)
      token = { state: 'valid', issued }
      pending = { state: 'idle' }
      return issued.token
    } catch (err) {
      pending = { state: 'idle' }
      const kind = restFailureOf(err)?.kind
      // 'quota' and 'blocked' have a time of their own, and other errors come from Postgres
      if (kind !== undefined && kind !== 'quota' && kind !== 'blocked') backOff(err)
      throw err
    }
  }

  /** Uses the refresh token; falls back to the credentials, and forgets the refresh token, when it is refused. */
  async function requestToken(permitClass: PermitClass): Promise<IssuedToken> {
    const refreshToken = token.state === 'none' ? null : token.issued.refreshToken
    if (refreshToken === null) return request({ kind: 'credentials' }, permitClass)
    try {
      return await request({ kind: 'refresh', refreshToken }, permitClass)
    } catch (err) {
      const kind = restFailureOf(err)?.kind
      if (kind !== 'refused' && kind !== 'auth' && kind !== 'unexpected') throw err
      if (token.state !== 'none') token = { ...token, issued: { ...token.issued, refreshToken: null } }
      return request({ kind: 'credentials' }, permitClass)
    }
  }

  async function renew(permitClass: PermitClass): Promise<string> {
    if (pending.state === 'backing-off' && now().getTime() < pending.until) throw pending.err
    if (pending.state !== 'requesting') pending = { state: 'requesting', result: issue(permitClass) }
    return pending.result
  }

  return {
    get: async permitClass => {
      if (token.state !== 'valid') return renew(permitClass)
      const { issued } = token
      const leftMs = issued.expiresAt - now().getTime()
      if (leftMs > Math.min(RENEW_BEFORE_MS, issued.lifeMs / 10)) return issued.token
      return renew(permitClass).catch(err => {
        if (leftMs > 0 && restFailureOf(err)?.kind === 'unavailable') return issued.token // it has not expired yet
        throw err
      })
    },
    discard: refused => {
      if (token.state === 'valid' && token.issued.token === refused) token = { ...token, state: 'discarded' }
    },
    backOff
  }
}
