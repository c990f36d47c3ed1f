import Type from 'typebox'
import { isOwnOrigin, SESSION_COOKIE } from '../../access/authenticator.js'
import { SESSION_HOURS, type Sessions } from '../../access/sessions.js'
import { CrossOriginError, UnauthorizedError } from '../../errors.js'
import { errors } from '../../http/error-schema.js'
import { defineRoutes } from '../define-routes.js'

interface SessionOptions {
  sessions: Sessions
  publicUrl: string | null
}

const signInBody = Type.Object(
  { key: Type.String({ minLength: 1, maxLength: 256, description: 'An API key, or ADMIN_KEY.' }) },
  { additionalProperties: false }
)
const begun = Type.Object(
  { expiresAt: Type.String({ format: 'date-time', description: 'When the session ends.' }) },
  { $id: 'Session', description: 'The session that was started.' }
)

const signedOut = Type.Object(
  { signedOut: Type.Literal(true) },
  { $id: 'SignOutResult', description: 'The session has ended.' }
)

/** POST and DELETE /v1/session. */
export default defineRoutes<SessionOptions>('session', async (app, { sessions, publicUrl }) => {
  const tags = ['access']
  const cookie = {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: publicUrl?.startsWith('https:') ?? false
  } as const

  // CSRF: a page of another origin must neither sign a user out, nor sign a user in with a key of its own.
  app.addHook('onRequest', async request => {
    if (isOwnOrigin(request, publicUrl) === false) throw new CrossOriginError()
  })

  app.post(
    '/v1/session',
    {
      schema: {
        tags,
        operationId: 'signIn',
        summary: 'Sign in with a key, for browsers',
        body: signInBody,
        response: { 200: begun, ...errors(400, 401, 403) },
        description:
          `The response sets the cookie \`${SESSION_COOKIE}\` (HttpOnly, SameSite=Strict, Secure when PUBLIC_URL is ` +
          `https) for ${SESSION_HOURS} h. The session has the permissions of the key and ends with it. ` +
          'State-changing requests with the cookie need the Origin header of this service, which browsers send.'
      }
    },
    async (request, reply) => {
      const session = await sessions.begin(request.body.key)
      if (!session) {
        const refusal = await app.refuseKey(request, reply)
        // Attempts beyond the limit are not recorded, so that they cannot fill the audit log.
        if (refusal instanceof UnauthorizedError) await sessions.recordRefusal()
        throw refusal
      }
      reply.setCookie(SESSION_COOKIE, session.token, { ...cookie, maxAge: SESSION_HOURS * 3600 })
      return { expiresAt: session.expiresAt.toISOString() }
    }
  )

  app.delete(
    '/v1/session',
    {
      schema: {
        tags,
        operationId: 'signOut',
        summary: 'Sign out',
        response: { 200: signedOut, ...errors(403) }
      }
    },
    async (request, reply) => {
      const token = request.cookies[SESSION_COOKIE]
      if (token !== undefined) await sessions.end(token)
      reply.clearCookie(SESSION_COOKIE, cookie)
      return { signedOut: true as const }
    }
  )
})
