import { timingSafeEqual } from 'node:crypto'
import { secretDigest } from '../lib/secret-digest.js'
import type { NotifiedAccount } from '../mightycall/webhook/notification.js'

export interface TokenOwner extends NotifiedAccount {
  /** Two tokens are valid during a rotation. */
  readonly tokens: readonly string[]
}

/** The first 8 hexadecimal digits of the SHA-256: they identify a token and do not help to guess it. */
const fingerprintOf = (token: string): string => secretDigest(token).toString('latin1').slice(0, 8)

/**
 * Finds the account of a webhook token, or returns `null`. Every token is compared by digest and in constant time, so
 * that the duration does not reveal how much of a guess was right.
 * @param owners  called for every lookup; digests are computed again when it returns another array
 * @param onUse   receives the fingerprint of the matching token
 */
export function createTokenLookup(
  owners: () => readonly TokenOwner[],
  onUse: (fingerprint: string) => void = () => {}
): (token: string) => NotifiedAccount | null {
  let current: readonly TokenOwner[] = []
  let digests: { account: NotifiedAccount; digest: Buffer; fingerprint: string }[] = []
  return token => {
    if (owners() !== current) {
      current = owners()
      digests = current.flatMap(account =>
        account.tokens.map(token => ({ account, digest: secretDigest(token), fingerprint: fingerprintOf(token) }))
      )
    }
    const digest = secretDigest(token)
    let found: (typeof digests)[number] | null = null
    for (const known of digests) {
      if (timingSafeEqual(known.digest, digest)) found = known
    }
    if (found) onUse(found.fingerprint)
    return found?.account ?? null
  }
}

/** When a token was last used. The token itself is not exposed. */
export interface TokenUse {
  account: string
  fingerprint: string
  /** `null` when the token has not been used since this process started. */
  lastUsedAt: Date | null
}

export interface TokenUses {
  note: (fingerprint: string) => void
  /** Returns the last use of every valid token. */
  all: () => TokenUse[]
}

export function createTokenUses(owners: () => readonly TokenOwner[], now: () => Date): TokenUses {
  const uses = new Map<string, number>()
  return {
    note: fingerprint => {
      uses.set(fingerprint, now().getTime())
    },
    all: () =>
      owners().flatMap(({ id, tokens }) =>
        tokens.map(token => {
          const fingerprint = fingerprintOf(token)
          const usedAt = uses.get(fingerprint)
          return { account: id, fingerprint, lastUsedAt: usedAt === undefined ? null : new Date(usedAt) }
        })
      )
  }
}
