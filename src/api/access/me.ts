import Type from 'typebox'
import { isKeyId } from '../../access/api-key.js'
import { SESSION_COOKIE } from '../../access/authenticator.js'
import { bearerKeyOf } from '../../access/bearer.js'
import type { Keys } from '../../access/keys.js'
import type { Organizations } from '../../access/organizations.js'
import type { Sessions } from '../../access/sessions.js'
import { viewerOf } from '../../access/viewer.js'
import { KEY_ROLES } from '../../db/schema/access.js'
import { orNull } from '../../events/envelope.js'
import { toIsoOrNull } from '../../lib/instant.js'
import { defineRoutes } from '../define-routes.js'

interface MeOptions {
  keys: Keys
  organizations: Organizations
  sessions: Sessions
}

const instant = (description: string) => orNull(Type.String({ format: 'date-time' }), description)

const meShape = Type.Object(
  {
    actor: Type.String({ description: 'The id of the key, or `admin` for ADMIN_KEY.' }),
    label: orNull(Type.String(), 'The label of the key. `null` for ADMIN_KEY.'),
    role: Type.Enum([...KEY_ROLES]),
    account: orNull(Type.String(), '`null` for all accounts.'),
    organization: orNull(
      Type.Object({ id: Type.String({ format: 'uuid' }), name: Type.String() }),
      '`null` for the whole account.'
    ),
    keyExpiresAt: instant('`null` when never.'),
    sessionExpiresAt: instant('When the session ends. `null` when the request has a key.')
  },
  { $id: 'Me', description: 'The identity and the permissions of the caller.' }
)

/** GET /v1/me. */
export default defineRoutes<MeOptions>('me', async (app, { keys, organizations, sessions }) => {
  app.get(
    '/v1/me',
    {
      schema: {
        tags: ['access'],
        operationId: 'getMe',
        summary: 'Get your own identity and permissions',
        response: { 200: meShape }
      }
    },
    async request => {
      const viewer = viewerOf(request)
      const { actor, role, account } = viewer
      const token = bearerKeyOf(request) === undefined ? request.cookies[SESSION_COOKIE] : undefined
      const [key] = isKeyId(actor) ? await keys.list(viewer, { id: actor }, { place: null, limit: 1 }) : []
      const organization = viewer.organization === null ? null : await organizations.find(viewer, viewer.organization)
      const sessionExpiresAt = token === undefined ? null : await sessions.expiryOf(token)
      return {
        actor,
        label: key?.label ?? null,
        role,
        account,
        organization: organization && { id: organization.id, name: organization.name },
        keyExpiresAt: toIsoOrNull(key?.expiresAt),
        sessionExpiresAt: toIsoOrNull(sessionExpiresAt)
      }
    }
  )
})
