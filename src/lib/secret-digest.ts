import { hash } from 'node:crypto'

/**
 * What is kept of a secret that is looked up by it: 32 bytes. It has to be random: nothing slows down who would guess
 * it.
 */
export function storedDigest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

/**
 * What stands for a secret when it is compared: of one length whatever the secret's, for `timingSafeEqual`.
 * In hexadecimal: what the hash writes into a buffer of its own costs three times as much.
 */
export function secretDigest(secret: string): Buffer {
  return Buffer.from(hash('sha256', secret), 'latin1')
}
