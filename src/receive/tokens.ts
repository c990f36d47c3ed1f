import { timingSafeEqual } from 'node:crypto'
import { secretDigest } from '../lib/secret-digest.js'
import type { NotifiedAccount } from '../mightycall/webhook/notification.js'

export interface TokenOwner extends NotifiedAccount {
  /** Two are live while one replaces the other. */
  readonly tokens: readonly string[]
}

/** 43 URL-safe characters are 32 random bytes. */
export const TOKEN_PATTERN = /^[A-Za-z0-9_-]{43,256}$/

/** The first 8 digits of its SHA-256: enough to tell two live ones apart, and of no use for a guess. */
export const fingerprintOf = (token: string): string => secretDigest(token).toString('latin1').slice(0, 8)

/**
 * Finds the account of a webhook token, or null. Every token is compared, by digest and in constant time:
 * how long it takes says nothing about how much of a guess was right.
 * @param owners  asked each time; digests are made again when it gives another array
 * @param onUse   told which token was right, by its fingerprint
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

/** When a token was used last; the token itself is told to nobody. */
export interface TokenUse {
  account: string
  fingerprint: string
  /** Null: not since this process began. */
  lastUsedAt: Date | null
}

export interface TokenUses {
  note: (fingerprint: string) => void
  /** Of all live tokens. */
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
