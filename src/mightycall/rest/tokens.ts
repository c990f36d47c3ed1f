import { backOffMs, withJitter } from '../../lib/backoff.js'
import { restFailureOf } from './failures.js'
import type { PermitClass } from './quota/port.js'
import type { Grant, IssuedToken } from './token-request.js'

export interface Tokens {
  /** @throws what the request for it did; while it backs off, the same without asking again */
  get: (permitClass: PermitClass) => Promise<string>
  /** Notes that MightyCall does not take this one; the next `get` asks for another. */
  discard: (token: string) => void
  /** Notes that MightyCall takes not even a new one, so that the next is asked for after a while only. */
  backOff: (err: unknown) => void
}

export interface TokensOptions {
  request: (grant: Grant, permitClass: PermitClass) => Promise<IssuedToken>
  now: () => Date
  /** 0 to 1. */
  random: () => number
}

const EARLY_MS = 5 * 60_000
const BACK_OFF = { first: 1_000, most: 5 * 60_000 }

interface Held extends IssuedToken {
  isDiscarded: boolean
}

/** The token of one user: kept until shortly before it expires, asked for by one request however many need it. */
export function createTokens({ request, now, random }: TokensOptions): Tokens {
  let held: Held | null = null
  let asking: Promise<string> | null = null
  let failures = 0
  let failure: { err: unknown; until: number } | null = null

  function backOff(err: unknown): void {
    failure = { err, until: now().getTime() + withJitter(backOffMs(++failures, BACK_OFF), random()) }
  }

  async function ask(permitClass: PermitClass): Promise<string> {
    if (failure && now().getTime() < failure.until) throw failure.err
    const refreshToken = held?.refreshToken ?? null
    try {
      const issued =
        refreshToken === null
          ? await request({ kind: 'credentials' }, permitClass)
          : await refreshed(refreshToken, permitClass)
      held = { ...issued, isDiscarded: false }
      failure = null
      return issued.token
    } catch (err) {
      const kind = restFailureOf(err)?.kind
      // these say themselves until when; the rest is Postgres
      if (kind !== undefined && kind !== 'quota' && kind !== 'blocked') backOff(err)
      throw err
    }
  }

  /** A refresh token that is not taken is forgotten, and the credentials tried. */
  async function refreshed(refreshToken: string, permitClass: PermitClass): Promise<IssuedToken> {
    try {
      return await request({ kind: 'refresh', refreshToken }, permitClass)
    } catch (err) {
      const kind = restFailureOf(err)?.kind
      if (kind !== 'refused' && kind !== 'auth' && kind !== 'unexpected') throw err
      if (held) held.refreshToken = null
      return request({ kind: 'credentials' }, permitClass)
    }
  }

  return {
    get: async permitClass => {
      const left = held && !held.isDiscarded ? held.expiresAt - now().getTime() : 0
      if (held && left > Math.min(EARLY_MS, held.lifeMs / 10)) return held.token
      asking ??= ask(permitClass).finally(() => {
        asking = null
      })
      return asking.catch(err => {
        if (held && left > 0 && restFailureOf(err)?.kind === 'unavailable') return held.token // it is good for a while
        throw err
      })
    },
    discard: token => {
      if (held?.token === token) held.isDiscarded = true
    },
    backOff
  }
}
