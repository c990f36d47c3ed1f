import { and, inArray } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type, { type Static } from 'typebox'
import { ofAccount } from '../../access/row-visibility.js'
import { viewerOf } from '../../access/viewer.js'
import { drift } from '../../db/schema/projection.js'
import { errors } from '../../http/error-schema.js'
import { defineRoutes } from '../define-routes.js'
import { decodeCursor } from '../list/cursor.js'
import { pageSchema, toPage } from '../list/page.js'
import { accountsParameter, listParameters } from '../list/parameters.js'
import { isAfter, orderBy, type SortColumns } from '../list/sort.js'

interface DriftOptions {
  db: NodePgDatabase
}

const parameters = Type.Object(
  {
    limit: listParameters.limit,
    cursor: listParameters.cursor,
    account: accountsParameter
  },
  { additionalProperties: false }
)

const driftShape = Type.Object(
  {
    account: Type.String(),
    type: Type.String({
      description:
        'The EventType of the notification, with # for numbers and keys in it; empty when there was none. For a REST ' +
        'response, its route, such as GET /calls. …: everything beyond 500 types and fields.'
    }),
    field: Type.String({
      description:
        'The path of a field that is unknown or whose value cannot be read, such as Body.Queue or calls[].duration. ' +
        'Empty when the type itself is unknown. …: further fields, which are counted together.'
    }),
    count: Type.Integer({ minimum: 1, description: 'The number of distinct events or responses.' }),
    firstSeenAt: Type.String({ format: 'date-time' }),
    lastSeenAt: Type.String({ format: 'date-time' }),
    sample: Type.String({ description: 'The shape of the first value, with x for a letter and 0 for a digit.' })
  },
  {
    $id: 'Drift',
    description: 'An unknown type or field in notifications or in responses of the REST API.'
  }
)

const page = pageSchema(driftShape)

const SORT_COLUMNS: SortColumns = [
  [drift.lastSeenAt, 'timestamptz'],
  [drift.account, 'text'],
  [drift.type, 'text'],
  [drift.field, 'text']
]

/** GET /v1/drift. */
export default defineRoutes<DriftOptions>('drift', async (app, { db }) => {
  app.get(
    '/v1/drift',
    {
      schema: {
        tags: ['drift'],
        operationId: 'listDrift',
        summary: 'List unknown types and fields in notifications and REST responses, last seen first',
        querystring: parameters,
        response: { 200: page, ...errors(400, 401) }
      }
    },
    async request => {
      const { limit, cursor, ...filter } = request.query
      const after = decodeCursor(
        cursor,
        filter,
        SORT_COLUMNS.map(([, type]) => type)
      )
      const rows = await db
        .select()
        .from(drift)
        .where(
          and(
            ofAccount(viewerOf(request), drift.account),
            filter.account && inArray(drift.account, filter.account),
            after ? isAfter(SORT_COLUMNS, true, after) : undefined
          )
        )
        .orderBy(orderBy(SORT_COLUMNS, true))
        .limit(limit + 1)
      return toPage(rows.map(toDrift), {
        limit,
        filter,
        keysetOf: row => [row.lastSeenAt, row.account, row.type, row.field]
      })
    }
  )
})

function toDrift(row: typeof drift.$inferSelect): Static<typeof driftShape> {
  return {
    ...row,
    count: Number(row.count),
    firstSeenAt: row.firstSeenAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString()
  }
}
