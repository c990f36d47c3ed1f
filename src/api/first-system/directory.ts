import { and, inArray } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type from 'typebox'
import { visibleExtensions, visibleNumbers } from '../../access/row-visibility.js'
import { viewerOf } from '../../access/viewer.js'
import { extensions, phoneNumbers } from '../../db/schema/directory.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { defineRoutes } from '../define-routes.js'
import { answerFailures, failure, organizationViewer, parameters } from './common.js'

export interface FirstSystemOptions {
  db: NodePgDatabase
  now: () => Date
}

const querystring = Type.Object(parameters, { additionalProperties: false })

const phoneNumber = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    external_id: orNull(Type.String(), 'The id at MightyCall. `null` when unknown.'),
    number: Type.String({ description: 'In E.164 format.' }),
    label: orNull(Type.String(), '`null` when there is none.'),
    status: Type.Enum(['active', 'inactive']),
    is_active: Type.Boolean({ description: 'Whether MightyCall lists the number as enabled.' }),
    created_at: Type.String({ format: 'date-time', description: 'When it was first seen.' })
  },
  { $id: 'FirstSystemPhoneNumber', description: 'A business number, in the format of the first system.' }
)

const extension = Type.Object(
  {
    extension: Type.String(),
    display_name: orNull(Type.String(), '`null` for an extension that is known from calls only.'),
    external_id: orNull(Type.String(), 'The id at MightyCall. `null` when unknown.'),
    created_at: Type.String({ format: 'date-time', description: 'When it was first seen.' })
  },
  { $id: 'FirstSystemExtension', description: 'An extension, in the format of the first system.' }
)

const phoneNumberList = Type.Object(
  { phone_numbers: Type.Array(phoneNumber) },
  { $id: 'FirstSystemPhoneNumberList', description: 'A complete list.' }
)
const extensionList = Type.Object(
  { extensions: Type.Array(extension) },
  { $id: 'FirstSystemExtensionList', description: 'A complete list.' }
)

/** GET /api/admin/mightycall/phone-numbers and /extensions. */
export default defineRoutes<FirstSystemOptions>('first-system-directory', async (app, { db, now }) => {
  const response = { 500: failure, 503: failure, ...errors(400, 401) }
  answerFailures(app)

  app.get(
    '/api/admin/mightycall/phone-numbers',
    {
      schema: {
        tags: ['first system'],
        operationId: 'listFirstSystemPhoneNumbers',
        summary: 'List business numbers, or with org_id those that the organization owns now',
        querystring,
        response: { 200: phoneNumberList, ...response }
      }
    },
    async request => {
      const { account } = request.query
      const viewer = organizationViewer(viewerOf(request), request.query)
      const rows = await db
        .select()
        .from(phoneNumbers)
        .where(and(account && inArray(phoneNumbers.account, account), visibleNumbers(viewer, phoneNumbers, now())))
        .orderBy(phoneNumbers.number, phoneNumbers.account)
      return {
        phone_numbers: rows.map(({ id, externalId, number, label, isActive, createdAt }) => ({
          id,
          external_id: externalId,
          number,
          label,
          status: isActive ? ('active' as const) : ('inactive' as const),
          is_active: isActive,
          created_at: createdAt.toISOString()
        }))
      }
    }
  )

  app.get(
    '/api/admin/mightycall/extensions',
    {
      schema: {
        tags: ['first system'],
        operationId: 'listFirstSystemExtensions',
        summary: 'List extensions, or with org_id those that a call of the organization has reached',
        querystring,
        response: { 200: extensionList, ...response }
      }
    },
    async request => {
      const { account } = request.query
      const viewer = organizationViewer(viewerOf(request), request.query)
      const rows = await db
        .select()
        .from(extensions)
        .where(and(account && inArray(extensions.account, account), visibleExtensions(viewer, extensions)))
        .orderBy(extensions.extension, extensions.account)
      return {
        extensions: rows.map(({ extension, displayName, externalId, createdAt }) => ({
          extension,
          display_name: displayName,
          external_id: externalId,
          created_at: createdAt.toISOString()
        }))
      }
    }
  )
})
