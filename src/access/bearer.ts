import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { UnauthorizedError } from '../errors.js'
import { secretDigest } from '../lib/secret-digest.js'

/** Returns undefined when the Authorization header is missing or not a Bearer token. */
export function bearerKeyOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
}

/** Refuses requests that carry none of the keys; compares digests in constant time. */
export function createKeyCheck(keys: readonly string[]): (request: FastifyRequest) => Promise<void> {
  const digests = keys.map(secretDigest)
  return async request => {
    const key = bearerKeyOf(request)
    if (key === undefined) throw new UnauthorizedError()
    const digest = secretDigest(key)
    const matches = digests.filter(known => timingSafeEqual(known, digest))
    if (matches.length === 0) throw new UnauthorizedError()
  }
}
