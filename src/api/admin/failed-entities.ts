import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { and, isNotNull, type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import fp from 'fastify-plugin'
import Type from 'typebox'
import type { AuditLog } from '../../access/audit-log.js'
import { ofAccount } from '../../access/row-visibility.js'
import { viewerOf } from '../../access/viewer.js'
import { entities } from '../../db/schema/events.js'
import type { Entity } from '../../events/event.js'
import { errors } from '../../http/error-schema.js'
import type { Repairs } from '../../project/admin.js'
import { decodeTextCursor, encodeCursor, type Keyset, listParameters } from '../list/parameters.js'

export interface FailedEntitiesOptions {
  db: NodePgDatabase
  repairs: Repairs
  auditLog: AuditLog
}

const parameters = Type.Object(
  { limit: listParameters.limit, cursor: listParameters.cursor },
  { additionalProperties: false }
)
const nextCursor = Type.Union([Type.String(), Type.Null()], { description: 'Null: this is the last page.' })

const failedShape = Type.Object(
  {
    account: Type.String(),
    kind: Type.String({ description: 'call, voicemail, message, presence, number, extension, contact or range.' }),
    entity: Type.String({ description: 'Its id.' }),
    failed: Type.String({
      description: 'fold: the fold threw. Otherwise the SQLSTATE with which the database refused the row.'
    })
  },
  { title: 'failedEntity', description: 'Its events are kept, but its row is older than they are.' }
)

const refolded = Type.Object({
  entities: Type.Integer({ description: 'How many were tried.' }),
  failed: Type.Integer({ description: 'How many of them failed again.' }),
  nextCursor
})

const filter = { failed: true } // both routes go through the same list

/** GET /v1/failed-entities and POST /v1/failed-entities/refold. */
export default fp<FailedEntitiesOptions>(
  async (plain, { db, repairs, auditLog }) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()
    const tags = ['dead letters']

    app.get(
      '/v1/failed-entities',
      {
        schema: {
          tags,
          summary: 'What could not be folded, by its id',
          querystring: parameters,
          response: { 200: Type.Object({ data: Type.Array(failedShape), nextCursor }), ...errors(400, 401) }
        }
      },
      async request => {
        const { limit, cursor } = request.query
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
              cursor === undefined ? undefined : after(decodeTextCursor(filter, cursor, 3))
            )
          )
          .orderBy(sql`account, kind, entity`)
          .limit(limit + 1)
        const data = rows.slice(0, limit)
        const last = data.at(-1)
        return {
          data,
          nextCursor: rows.length > limit && last ? encodeCursor(filter, [last.account, last.kind, last.entity]) : null
        }
      }
    )

    app.post(
      '/v1/failed-entities/refold',
      {
        schema: {
          tags,
          summary: 'Fold a page of them again',
          querystring: parameters,
          response: { 200: refolded, ...errors(400, 401) }
        }
      },
      async request => {
        const { limit, cursor } = request.query
        const { actor, account } = viewerOf(request)
        const { last, entities, failures } = await repairs.refold(
          cursor === undefined ? null : entityIn(decodeTextCursor(filter, cursor, 3)),
          limit,
          account
        )
        await auditLog.note({
          actor,
          action: 'failed-entities.refolded',
          account,
          subject: null,
          details: { entities, failed: failures.length }
        })
        return {
          entities,
          failed: failures.length,
          nextCursor: entities === limit && last ? encodeCursor(filter, [last.account, last.kind, last.entity]) : null
        }
      }
    )
  },
  { name: 'failed-entities', fastify: '5.x', encapsulate: true }
)

function after([account, kind, entity]: Keyset): SQL {
  return sql`(account, kind, entity) > (${account}, ${kind}, ${entity})`
}

function entityIn([account = '', kind, entity = '']: Keyset): Entity {
  return { account, kind: kind as Entity['kind'], entity } // only compared: any text will do
}
