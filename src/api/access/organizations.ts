import Type, { type Static } from 'typebox'
import type { Organization, Organizations, Ownership } from '../../access/organizations.js'
import { viewerOf } from '../../access/viewer.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { toIsoOrNull } from '../../lib/instant.js'
import { defineRoutes } from '../define-routes.js'
import { decodeCursor } from '../list/cursor.js'
import { pageSchema, toPage } from '../list/page.js'
import { accountParameter, accountsParameter, listParameters } from '../list/parameters.js'

interface OrganizationsOptions {
  organizations: Organizations
}

const organizationShape = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    account: Type.String(),
    name: Type.String(),
    createdAt: Type.String({ format: 'date-time' })
  },
  { $id: 'Organization', description: 'An owner of business numbers of an account.' }
)

export const ownershipShape = Type.Object(
  {
    number: Type.String(),
    from: Type.String({ format: 'date-time', description: 'The start of the period, inclusive.' }),
    until: orNull(Type.String({ format: 'date-time' }), 'The end of the period, exclusive. `null` while it lasts.')
  },
  { $id: 'Ownership', description: 'A period during which a business number belongs to an organization.' }
)

const wholeShape = Type.Object(
  {
    ...organizationShape.properties,
    numbers: Type.Array(ownershipShape, { description: 'Sorted by number; the last period of each number first.' })
  },
  { $id: 'OrganizationDetails', description: 'An organization and its business numbers.' }
)
const page = pageSchema(organizationShape)
const parameters = Type.Object(
  {
    limit: listParameters.limit,
    cursor: listParameters.cursor,
    account: accountsParameter
  },
  { additionalProperties: false }
)
export const organizationPath = Type.Object({ id: Type.String({ format: 'uuid' }) })
const name = Type.String({ minLength: 1, maxLength: 100 })

/** GET and POST /v1/organizations, GET and PATCH /v1/organizations/:id. */
export default defineRoutes<OrganizationsOptions>('organizations', async (app, { organizations }) => {
  const tags = ['access']

  app.get(
    '/v1/organizations',
    {
      schema: {
        tags,
        operationId: 'listOrganizations',
        summary: 'List organizations by account and name',
        querystring: parameters,
        response: { 200: page, ...errors(400) }
      }
    },
    async request => {
      const { limit, cursor, ...filter } = request.query
      const found = await organizations.list(
        viewerOf(request),
        { accounts: filter.account },
        { place: decodeCursor(cursor, filter, ['text', 'text', 'uuid']), limit: limit + 1 }
      )
      return toPage(found.map(toShape), { limit, filter, keysetOf: row => [row.account, row.name, row.id] })
    }
  )

  app.post(
    '/v1/organizations',
    {
      schema: {
        tags,
        operationId: 'createOrganization',
        summary: 'Create an organization',
        body: Type.Object({ account: Type.Optional(accountParameter), name }, { additionalProperties: false }),
        response: { 201: organizationShape, ...errors(400, 404) }
      }
    },
    async (request, reply) => reply.code(201).send(toShape(await organizations.create(viewerOf(request), request.body)))
  )

  app.get(
    '/v1/organizations/:id',
    {
      schema: {
        tags,
        operationId: 'getOrganization',
        summary: 'Get an organization, with the periods in which it owns numbers',
        params: organizationPath,
        response: { 200: wholeShape, ...errors(400, 404) }
      }
    },
    async request => {
      const found = await organizations.find(viewerOf(request), request.params.id)
      return { ...toShape(found), numbers: (await organizations.numbersOf(found)).map(toOwnership) }
    }
  )

  app.patch(
    '/v1/organizations/:id',
    {
      schema: {
        tags,
        operationId: 'renameOrganization',
        summary: 'Rename an organization',
        params: organizationPath,
        body: Type.Object({ name }, { additionalProperties: false }),
        response: { 200: organizationShape, ...errors(400, 404) }
      }
    },
    async request => toShape(await organizations.rename(viewerOf(request), request.params.id, request.body.name))
  )
})

function toShape({ id, account, name, createdAt }: Organization): Static<typeof organizationShape> {
  return { id, account, name, createdAt: createdAt.toISOString() }
}

export function toOwnership({ number, from, until }: Ownership): Static<typeof ownershipShape> {
  return { number, from: from.toISOString(), until: toIsoOrNull(until) }
}
