import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import Type, { type Static } from 'typebox'
import type { ApiKey } from '../../access/api-key.js'
import type { Keys } from '../../access/keys.js'
import { viewerOf } from '../../access/viewer.js'
import { KEY_ROLES } from '../../db/schema/access.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { anyOf, decodeCursor, encodeCursor, instantOf, listParameters, uuidIn } from '../list/parameters.js'
import { accountParameter, accountsAsked } from '../list/query-context.js'

const instant = (description: string) => orNull(Type.String({ format: 'date-time' }), description)

export const keyShape = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    label: Type.String(),
    role: Type.Enum([...KEY_ROLES]),
    account: orNull(Type.String(), 'Null: all accounts.'),
    organization: orNull(Type.String({ format: 'uuid' }), 'Null: all of the account.'),
    createdAt: Type.String({ format: 'date-time' }),
    createdBy: Type.String({ description: 'Id of a key; admin: ADMIN_KEY; command line.' }),
    expiresAt: instant('Null: never.'),
    revokedAt: instant('Null: it is not.'),
    lastUsedAt: instant('To the minute. Null: never.')
  },
  { title: 'key' }
)

export function toKeyShape({
  id,
  label,
  role,
  account,
  organization,
  createdBy,
  createdAt,
  expiresAt,
  revokedAt,
  lastUsedAt
}: ApiKey): Static<typeof keyShape> {
  const text = (at: Date | null) => at?.toISOString() ?? null
  return {
    id,
    label,
    role,
    account,
    organization,
    createdBy,
    createdAt: createdAt.toISOString(),
    expiresAt: text(expiresAt),
    revokedAt: text(revokedAt),
    lastUsedAt: text(lastUsedAt)
  }
}

export interface KeysOptions {
  keys: Keys
  zonesOf: (accounts?: readonly string[]) => readonly string[]
}

const organization = Type.String({ format: 'uuid' })

const parameters = Type.Object(
  {
    limit: listParameters.limit,
    cursor: listParameters.cursor,
    account: anyOf(accountParameter, 'MightyCall accounts.'),
    organization: anyOf(organization, 'Ids of organizations.')
  },
  { additionalProperties: false }
)

const newKeyBody = Type.Object(
  {
    label: Type.String({ minLength: 1, maxLength: 100, description: 'What people call it.' }),
    role: Type.Enum([...KEY_ROLES]),
    account: Type.Optional(orNull(accountParameter, 'Null: all accounts. Left out: as with your own key.')),
    organization: Type.Optional(
      orNull(
        organization,
        'Of the account; for org_admin, and viewers of less than all of it. Left out: as with your own key.'
      )
    ),
    expiresAt: Type.Optional(
      orNull(Type.String({ maxLength: 40 }), 'An instant or a day. Null: never. Left out: as with your own key.')
    )
  },
  { additionalProperties: false }
)

const page = Type.Object({
  data: Type.Array(keyShape),
  nextCursor: orNull(Type.String(), 'Null: this is the last page.')
})
const created = Type.Object(
  { ...keyShape.properties, key: Type.String({ description: 'The key itself. It is shown here, and never again.' }) },
  { title: 'newKey' }
)

/** GET and POST /v1/keys, DELETE /v1/keys/:id. */
export default fp<KeysOptions>(
  async (plain, { keys, zonesOf }) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()
    const tags = ['access']

    app.get(
      '/v1/keys',
      {
        schema: {
          tags,
          summary: 'Keys within the reach of your own, newest first, without the keys themselves',
          querystring: parameters,
          response: { 200: page, ...errors(400) }
        }
      },
      async request => {
        const { limit, cursor, ...filter } = request.query
        const found = await keys.list(
          viewerOf(request),
          { accounts: filter.account, organizations: filter.organization },
          { place: cursor === undefined ? null : uuidIn(decodeCursor(filter, cursor, 2), 1), limit: limit + 1 }
        )
        const data = found.slice(0, limit).map(toKeyShape)
        const last = data.at(-1)
        return {
          data,
          nextCursor: found.length > limit && last ? encodeCursor(filter, [last.createdAt, last.id]) : null
        }
      }
    )

    app.post(
      '/v1/keys',
      {
        schema: {
          tags,
          summary: 'Make a key, of at most the reach of your own',
          body: newKeyBody,
          response: { 201: created, ...errors(400, 404) }
        }
      },
      async (request, reply) => {
        const { expiresAt, ...wanted } = request.body
        const zones = zonesOf(accountsAsked(viewerOf(request), wanted.account ?? undefined))
        const { key, ...made } = await keys.create(viewerOf(request), {
          ...wanted,
          expiresAt: expiresAt === null ? null : (instantOf('expiresAt', expiresAt, zones) ?? undefined)
        })
        return reply.code(201).send({ ...toKeyShape(made), key })
      }
    )

    app.delete(
      '/v1/keys/:id',
      {
        schema: {
          tags,
          summary: 'Revoke a key: from now on it opens nothing, and who has signed in with it is signed out',
          params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
          response: { 200: keyShape, ...errors(400, 404) }
        }
      },
      async request => toKeyShape(await keys.revoke(viewerOf(request), request.params.id))
    )
  },
  { name: 'keys', fastify: '5.x', encapsulate: true }
)
