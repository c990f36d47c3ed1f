import { hash } from 'node:crypto'

/**
 * What stands for a secret when it is compared: of one length whatever the secret's, for `timingSafeEqual`.
 * In hexadecimal: what the hash writes into a buffer of its own costs three times as much.
 */
export function secretDigest (secret: string): Buffer {
  return Buffer.from(hash('sha256', secret), 'latin1')
}
