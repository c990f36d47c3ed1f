import { and, isNotNull, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Type from 'typebox'
import type { AuditLog } from '../../access/audit-log.js'
import { ofAccount } from '../../access/row-visibility.js'
import { viewerOf } from '../../access/viewer.js'
import { entities } from '../../db/schema/events.js'
import type { Entity } from '../../events/event.js'
import { errors } from '../../http/error-schema.js'
import type { Repairs } from '../../project/admin.js'
import { defineRoutes } from '../define-routes.js'
import { decodeCursor, encodeCursor, type Keyset } from '../list/cursor.js'
import { nextCursor, pageSchema, toPage } from '../list/page.js'
import { listParameters } from '../list/parameters.js'
import { isAfter, orderBy, type SortColumns } from '../list/sort.js'

interface FailedEntitiesOptions {
  db: NodePgDatabase
  repairs: Repairs
  auditLog: AuditLog
}

const parameters = Type.Object(
  { limit: listParameters.limit, cursor: listParameters.cursor },
  { additionalProperties: false }
)

const failedShape = Type.Object(
  {
    account: Type.String(),
    kind: Type.String({ description: 'call, voicemail, message, presence, number, extension, contact or range.' }),
    entity: Type.String({ description: 'The id of the entity.' }),
    failed: Type.String({
      description: '`fold` when the fold failed, otherwise the SQLSTATE with which the database refused the row.'
    })
  },
  {
    $id: 'FailedEntity',
    description: 'An entity that could not be folded. Its events are kept, but its row is out of date.'
  }
)

const refolded = Type.Object(
  {
    entities: Type.Integer({ description: 'The number of entities that were folded again.' }),
    failed: Type.Integer({ description: 'The number of them that failed again.' }),
    nextCursor
  },
  { $id: 'RefoldResult', description: 'The result of folding a page of failed entities again.' }
)

const FILTER = { failed: true } // both routes page through the same list and accept each other's cursors
const SORT_COLUMNS: SortColumns = [
  [entities.account, 'text'],
  [entities.kind, 'text'],
  [entities.entity, 'text']
]
const KEYSET_TYPES = SORT_COLUMNS.map(([, type]) => type)

/** GET /v1/failed-entities and POST /v1/failed-entities/refold. */
export default defineRoutes<FailedEntitiesOptions>('failed-entities', async (app, { db, repairs, auditLog }) => {
  const tags = ['dead letters']

  app.get(
    '/v1/failed-entities',
    {
      schema: {
        tags,
        operationId: 'listFailedEntities',
        summary: 'List entities that could not be folded',
        querystring: parameters,
        response: { 200: pageSchema(failedShape), ...errors(400, 401) }
      }
    },
    async request => {
      const { limit, cursor } = request.query
      const after = decodeCursor(cursor, FILTER, KEYSET_TYPES)
      const rows = await db
        .select({
          account: entities.account,
          kind: entities.kind,
          entity: entities.entity,
          failed: sql<string>`failed`
        })
        .from(entities)
        .where(
          and(
            isNotNull(entities.failed),
            ofAccount(viewerOf(request), entities.account),
            after ? isAfter(SORT_COLUMNS, false, after) : undefined
          )
        )
        .orderBy(orderBy(SORT_COLUMNS, false))
        .limit(limit + 1)
      return toPage(rows, { limit, filter: FILTER, keysetOf })
    }
  )

  app.post(
    '/v1/failed-entities/refold',
    {
      schema: {
        tags,
        operationId: 'refoldFailedEntities',
        summary: 'Fold a page of failed entities again',
        querystring: parameters,
        response: { 200: refolded, ...errors(400, 401) }
      }
    },
    async request => {
      const { limit, cursor } = request.query
      const { actor, account } = viewerOf(request)
      const { last, entities, failures } = await repairs.refold(
        toEntity(decodeCursor(cursor, FILTER, KEYSET_TYPES)),
        limit,
        account
      )
      await auditLog.record({
        actor,
        action: 'failed-entities.refolded',
        account,
        subject: null,
        details: { entities, failed: failures.length }
      })
      return {
        entities,
        failed: failures.length,
        nextCursor: entities === limit && last ? encodeCursor(FILTER, keysetOf(last)) : null
      }
    }
  )
})

function keysetOf({ account, kind, entity }: Pick<Entity, 'account' | 'entity'> & { kind: string }): Keyset {
  return [account, kind, entity]
}

function toEntity(keyset: Keyset | null): Entity | null {
  if (keyset === null) return null
  const [account = '', kind, entity = ''] = keyset
  return { account, kind: kind as Entity['kind'], entity } // the kind is only compared, so that any text is safe
}
