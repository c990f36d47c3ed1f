import Type, { type Static } from 'typebox'
import type { ApiKey } from '../../access/api-key.js'
import type { Keys } from '../../access/keys.js'
import { viewerOf } from '../../access/viewer.js'
import { KEY_ROLES } from '../../db/schema/access.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { toIsoOrNull } from '../../lib/instant.js'
import { defineRoutes } from '../define-routes.js'
import { decodeCursor } from '../list/cursor.js'
import { pageSchema, toPage } from '../list/page.js'
import { accountParameter, accountsParameter, listOf, listParameters, readInstantOrDay } from '../list/parameters.js'
import { requestedAccounts } from '../list/query-context.js'

const instant = (description: string) => orNull(Type.String({ format: 'date-time' }), description)

const keyShape = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    label: Type.String(),
    role: Type.Enum([...KEY_ROLES]),
    account: orNull(Type.String(), '`null` for all accounts.'),
    organization: orNull(Type.String({ format: 'uuid' }), '`null` for the whole account.'),
    createdAt: Type.String({ format: 'date-time' }),
    createdBy: Type.String({
      description: 'The id of the key that created it, or `admin` for ADMIN_KEY, or `command line`.'
    }),
    expiresAt: instant('`null` when never.'),
    revokedAt: instant('`null` unless the key was revoked.'),
    lastUsedAt: instant('When the key was last used, to the minute. `null` when never.')
  },
  { $id: 'Key', description: 'An API key, without its secret.' }
)

function toKeyShape({ createdAt, expiresAt, revokedAt, lastUsedAt, ...key }: ApiKey): Static<typeof keyShape> {
  return {
    ...key,
    createdAt: createdAt.toISOString(),
    expiresAt: toIsoOrNull(expiresAt),
    revokedAt: toIsoOrNull(revokedAt),
    lastUsedAt: toIsoOrNull(lastUsedAt)
  }
}

interface KeysOptions {
  keys: Keys
  zonesOf: (accounts?: readonly string[]) => readonly string[]
}

const organization = Type.String({ format: 'uuid' })

const parameters = Type.Object(
  {
    limit: listParameters.limit,
    cursor: listParameters.cursor,
    account: accountsParameter,
    organization: listOf(organization, 'Ids of organizations.')
  },
  { additionalProperties: false }
)

const newKeyBody = Type.Object(
  {
    label: Type.String({ minLength: 1, maxLength: 100, description: 'A name for people.' }),
    role: Type.Enum([...KEY_ROLES]),
    account: Type.Optional(
      orNull(accountParameter, '`null` for all accounts. The account of your own key when omitted.')
    ),
    organization: Type.Optional(
      orNull(
        organization,
        'An organization of the account, for org_admin and viewer keys. The organization of your own key when omitted.'
      )
    ),
    expiresAt: Type.Optional(
      orNull(
        Type.String({ maxLength: 40 }),
        'An instant or a day. `null` for never. The expiry of your own key when omitted.'
      )
    )
  },
  { additionalProperties: false }
)

const page = pageSchema(keyShape)
const created = Type.Object(
  { ...keyShape.properties, key: Type.String({ description: 'The secret. It is shown only once.' }) },
  { $id: 'NewKey', description: 'A new API key, with its secret.' }
)

/** GET and POST /v1/keys, DELETE /v1/keys/:id. */
export default defineRoutes<KeysOptions>('keys', async (app, { keys, zonesOf }) => {
  const tags = ['access']

  app.get(
    '/v1/keys',
    {
      schema: {
        tags,
        operationId: 'listKeys',
        summary: 'List the keys that your own key may manage, newest first',
        querystring: parameters,
        response: { 200: page, ...errors(400) }
      }
    },
    async request => {
      const { limit, cursor, ...filter } = request.query
      const found = await keys.list(
        viewerOf(request),
        { accounts: filter.account, organizations: filter.organization },
        { place: decodeCursor(cursor, filter, ['timestamptz', 'uuid']), limit: limit + 1 }
      )
      return toPage(found.map(toKeyShape), { limit, filter, keysetOf: key => [key.createdAt, key.id] })
    }
  )

  app.post(
    '/v1/keys',
    {
      schema: {
        tags,
        operationId: 'createKey',
        summary: 'Create a key with at most the permissions of your own',
        body: newKeyBody,
        response: { 201: created, ...errors(400, 404) }
      }
    },
    async (request, reply) => {
      const { expiresAt, ...wanted } = request.body
      const zones = zonesOf(requestedAccounts(viewerOf(request), wanted.account ?? undefined))
      const { key, ...made } = await keys.create(viewerOf(request), {
        ...wanted,
        expiresAt: expiresAt === null ? null : (readInstantOrDay('expiresAt', expiresAt, zones) ?? undefined)
      })
      return reply.code(201).send({ ...toKeyShape(made), key })
    }
  )

  app.delete(
    '/v1/keys/:id',
    {
      schema: {
        tags,
        operationId: 'revokeKey',
        summary: 'Revoke a key, and end the sessions that were started with it',
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        response: { 200: keyShape, ...errors(400, 404) }
      }
    },
    async request => toKeyShape(await keys.revoke(viewerOf(request), request.params.id))
  )
})
