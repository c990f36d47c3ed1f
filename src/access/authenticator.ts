import type { FastifyRequest } from 'fastify'
import { CrossOriginError, NotReadyError, UnauthorizedError } from '../errors.js'
import { keyIn } from './bearer.js'
import type { Credentials } from './credentials.js'
import type { Viewer } from './viewer.js'

/** The cookie of who has signed in. */
export const SESSION_COOKIE = 'mcs_session'

export interface AuthenticatorOptions {
  credentials: Credentials
  publicUrl: string | null
  /** Why nobody's key can be looked up, or null. */
  trouble: () => Promise<string | null>
}

/**
 * Who sends a request, by key or by cookie; a key wins. The one answer to all that is nobody's: unknown, revoked,
 * expired, none.
 * The caller may ask again about a request that lasts, and is told when it should no more.
 *
 * @throws UnauthorizedError  it is nobody's
 * @throws CrossOriginError   it changes something by a cookie, which a page of somebody else may have had sent
 * @throws NotReadyError      it cannot be known now
 */
export function createAuthenticator({
  credentials,
  publicUrl,
  trouble
}: AuthenticatorOptions): (request: FastifyRequest) => Promise<Viewer> {
  return async request => {
    const key = keyIn(request)
    const token = key === undefined ? request.cookies[SESSION_COOKIE] : undefined
    if (key === undefined && token === undefined) throw new UnauthorizedError()
    if ((await trouble()) !== null) throw new NotReadyError()
    const viewer =
      key !== undefined ? await credentials.byKey(key) : token !== undefined ? await credentials.bySession(token) : null
    if (!viewer) throw new UnauthorizedError()
    if (token !== undefined && !isReading(request.method) && isOwnOrigin(request, publicUrl) !== true)
      throw new CrossOriginError()
    return viewer
  }
}

/**
 * Whether a browser says that a page of ours sends the request; null when it says nothing, as whoever is no browser.
 * Ours is what the request was sent to, or PUBLIC_URL, since a proxy may hide the one that the browser knows.
 */
export function isOwnOrigin(
  { headers: { origin }, host }: Pick<FastifyRequest, 'headers' | 'host'>,
  publicUrl: string | null
): boolean | null {
  if (origin === undefined) return null
  if (!URL.canParse(origin)) return false // "null", of a sandboxed page
  const from = new URL(origin)
  return (
    from.host === host.toLowerCase().replace(/:(80|443)$/, '') ||
    (publicUrl !== null && from.origin === new URL(publicUrl).origin)
  )
}

/** What only reads does no harm, whoever has a browser send it. */
export function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}
