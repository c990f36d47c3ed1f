import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import Type, { type Static } from 'typebox'
import type { Audited, AuditLog } from '../../access/audit-log.js'
import { viewerOf } from '../../access/viewer.js'
import { InvalidParameterError } from '../../errors.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { anyOf, decodeCursor, encodeCursor, instantOf, type Keyset, listParameters } from '../list/parameters.js'
import { accountParameter, accountsAsked } from '../list/query-context.js'

export interface AuditOptions {
  auditLog: AuditLog
  zonesOf: (accounts?: readonly string[]) => readonly string[]
}

const parameters = Type.Object(
  {
    ...listParameters,
    account: anyOf(accountParameter, 'MightyCall accounts.'),
    actor: anyOf(Type.String({ pattern: '^[a-z0-9 -]{1,40}$' }), 'Who did it.'),
    action: anyOf(Type.String({ pattern: '^[a-z.-]{1,60}$' }), 'What was done.')
  },
  { additionalProperties: false }
)

const auditShape = Type.Object(
  {
    id: Type.String(),
    at: Type.String({ format: 'date-time' }),
    actor: Type.String({ description: 'Id of a key; admin: ADMIN_KEY; command line; nobody: a sign-in that failed.' }),
    action: Type.String({ examples: ['key.created', 'dead-letter.redriven'] }),
    account: orNull(Type.String(), 'Null: of no single account.'),
    subject: orNull(Type.String(), 'What it was done to.'),
    details: Type.Record(Type.String(), Type.Unknown())
  },
  { title: 'audited' }
)

const page = Type.Object({
  data: Type.Array(auditShape),
  nextCursor: orNull(Type.String(), 'Null: this is the last page.')
})

/** GET /v1/audit. */
export default fp<AuditOptions>(
  async (plain, { auditLog, zonesOf }) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()

    app.get(
      '/v1/audit',
      {
        schema: {
          tags: ['access'],
          summary: 'Who did what and when, last first',
          querystring: parameters,
          response: { 200: page, ...errors(400) }
        }
      },
      async request => {
        const { limit, cursor, ...filter } = request.query
        const zones = zonesOf(accountsAsked(viewerOf(request), filter.account))
        const rows = await auditLog.list(
          viewerOf(request),
          {
            since: instantOf('since', filter.since, zones),
            until: instantOf('until', filter.until, zones),
            accounts: filter.account,
            actors: filter.actor,
            actions: filter.action
          },
          { place: cursor === undefined ? null : placeIn(filter, cursor), limit: limit + 1 }
        )
        const data = rows.slice(0, limit).map(toAudited)
        const last = data.at(-1)
        return { data, nextCursor: rows.length > limit && last ? encodeCursor(filter, [last.at, last.id]) : null }
      }
    )
  },
  { name: 'audit', fastify: '5.x', encapsulate: true }
)

function toAudited({ id, at, details, ...row }: Audited): Static<typeof auditShape> {
  // only access/audit-log.ts writes it
  return { ...row, id: String(id), at: at.toISOString(), details: details as Record<string, unknown> }
}

function placeIn(filter: object, cursor: string): Keyset {
  const place = decodeCursor(filter, cursor, 2)
  if (!/^[0-9]{1,18}$/.test(place[1] ?? ''))
    throw new InvalidParameterError('cursor is none of ours: send a nextCursor as it was')
  return place
}
