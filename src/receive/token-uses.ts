import { fingerprintOf, type TokenOwner } from './tokens.js'

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

export function createTokenUses (owners: () => readonly TokenOwner[], now: () => Date): TokenUses {
  const uses = new Map<string, number>()
  return {
    note: fingerprint => { uses.set(fingerprint, now().getTime()) },
    all: () => owners().flatMap(({ id, tokens }) => tokens.map(token => {
      const fingerprint = fingerprintOf(token)
      const usedAt = uses.get(fingerprint)
      return { account: id, fingerprint, lastUsedAt: usedAt === undefined ? null : new Date(usedAt) }
    }))
  }
}
