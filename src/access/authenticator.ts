import type { FastifyRequest } from 'fastify'
import { CrossOriginError, NotReadyError, UnauthorizedError } from '../errors.js'
import { bearerKeyOf } from './bearer.js'
import type { Credentials } from './credentials.js'
import type { Viewer } from './viewer.js'

/** The cookie of a browser session. */
export const SESSION_COOKIE = 'mcs_session'

export interface AuthenticatorOptions {
  credentials: Credentials
  publicUrl: string | null
  /** Why keys cannot be looked up at the moment, or null. */
  trouble: () => Promise<string | null>
}

/**
 * Authenticates requests by key or by session cookie; a key takes precedence. Missing, unknown, revoked and expired
 * credentials get the same answer. It may be called again for a long-lived request, to check that its credential is
 * still valid.
 *
 * @throws UnauthorizedError  the credential matches no known key
 * @throws CrossOriginError   CSRF: a state-changing request authenticated by cookie from another origin
 * @throws NotReadyError      credentials cannot be looked up at the moment
 */
export function createAuthenticator({
  credentials,
  publicUrl,
  trouble
}: AuthenticatorOptions): (request: FastifyRequest) => Promise<Viewer> {
  return async request => {
    const key = bearerKeyOf(request)
    const token = key === undefined ? request.cookies[SESSION_COOKIE] : undefined
    if (key === undefined && token === undefined) throw new UnauthorizedError()
    if ((await trouble()) !== null) throw new NotReadyError()
    const viewer =
      key !== undefined ? await credentials.byKey(key) : token !== undefined ? await credentials.bySession(token) : null
    if (!viewer) throw new UnauthorizedError()
    if (token !== undefined && !isSafeMethod(request.method) && isOwnOrigin(request, publicUrl) !== true)
      throw new CrossOriginError()
    return viewer
  }
}

/**
 * Whether the Origin header of a request is our own origin, or null without one, as from clients other than browsers.
 * Our own origin is the host of the request, or PUBLIC_URL, since a proxy may change the host that the browser knows.
 */
export function isOwnOrigin(
  { headers: { origin }, host }: Pick<FastifyRequest, 'headers' | 'host'>,
  publicUrl: string | null
): boolean | null {
  if (origin === undefined) return null
  if (!URL.canParse(origin)) return false // "null", from a sandboxed page
  const from = new URL(origin)
  return (
    from.host === host.toLowerCase().replace(/:(80|443)$/, '') ||
    (publicUrl !== null && from.origin === new URL(publicUrl).origin)
  )
}

/** Whether a method is safe in the sense of HTTP, so that CSRF with it does no harm. */
function isSafeMethod(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}
