import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { and, inArray, type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import fp from 'fastify-plugin'
import Type from 'typebox'
import { ofAccount } from '../../access/row-visibility.js'
import { viewerOf } from '../../access/viewer.js'
import { drift } from '../../db/schema/projection.js'
import { ACCOUNT_PATTERN } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { anyOf, decodeCursor, encodeCursor, listParameters } from '../list/parameters.js'

export interface DriftOptions {
  db: NodePgDatabase
}

const parameters = Type.Object(
  {
    limit: listParameters.limit,
    cursor: listParameters.cursor,
    account: anyOf(Type.String({ pattern: ACCOUNT_PATTERN }), 'MightyCall accounts.')
  },
  { additionalProperties: false }
)

const driftShape = Type.Object(
  {
    account: Type.String(),
    type: Type.String({
      description:
        'The EventType as it came, # for numbers and keys in it; empty when there was none. GET /calls: the route of the REST API that answered. …: what is beyond 500 types and fields.'
    }),
    field: Type.String({
      description:
        'The path of a field that we do not know, or whose value we cannot read: Body.Queue, calls[].duration. Empty: the type itself is unknown. …: more of them than are told apart.'
    }),
    count: Type.Integer({ minimum: 1, description: 'Distinct events, or answers.' }),
    firstSeenAt: Type.String({ format: 'date-time' }),
    lastSeenAt: Type.String({ format: 'date-time' }),
    sample: Type.String({ description: 'The shape of the first value: x for a letter, 0 for a digit.' })
  },
  {
    title: 'drift',
    description:
      'Something in notifications, or in answers of the REST API, that we do not know: MightyCall has changed, or somebody else posts.'
  }
)

const page = Type.Object({
  data: Type.Array(driftShape),
  nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Null: this is the last page.' })
})

/** GET /v1/drift. */
export default fp<DriftOptions>(
  async (plain, { db }) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()

    app.get(
      '/v1/drift',
      {
        schema: {
          tags: ['drift'],
          summary: 'What notifications and REST answers hold that is not known, last seen first',
          querystring: parameters,
          response: { 200: page, ...errors(400, 401) }
        }
      },
      async request => {
        const { limit, cursor, ...filter } = request.query
        const rows = await db
          .select()
          .from(drift)
          .where(
            and(
              ofAccount(viewerOf(request), drift.account),
              filter.account && inArray(drift.account, filter.account),
              cursor === undefined ? undefined : after(filter, cursor)
            )
          )
          .orderBy(sql`last_seen_at desc, account desc, type desc, field desc`)
          .limit(limit + 1)
        const data = rows.slice(0, limit).map(row => ({
          ...row,
          count: Number(row.count),
          firstSeenAt: row.firstSeenAt.toISOString(),
          lastSeenAt: row.lastSeenAt.toISOString()
        }))
        const last = data.at(-1)
        return {
          data,
          nextCursor:
            rows.length > limit && last
              ? encodeCursor(filter, [last.lastSeenAt, last.account, last.type, last.field])
              : null
        }
      }
    )
  },
  { name: 'drift', fastify: '5.x', encapsulate: true }
)

function after(filter: object, cursor: string): SQL {
  const [lastSeenAt, account, type, field] = decodeCursor(filter, cursor, 4)
  return sql`(last_seen_at, account, type, field) < (${lastSeenAt}::timestamptz, ${account}, ${type}, ${field})`
}
