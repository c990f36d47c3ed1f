import { hash } from 'node:crypto'

/**
 * Returns the digest under which a secret is stored and looked up, 32 bytes. The secret must be random: SHA-256 is fast
 * and does not protect a secret that can be guessed.
 */
export function storedDigest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

/**
 * Returns the digest with which secrets are compared by `timingSafeEqual`. Its length does not depend on the secret.
 * It is hexadecimal, since a hash that returns a buffer takes three times as long.
 */
export function secretDigest(secret: string): Buffer {
  return Buffer.from(hash('sha256', secret), 'latin1')
}
