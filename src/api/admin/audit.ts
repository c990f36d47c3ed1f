import Type, { type Static } from 'typebox'
import type { AuditLog, AuditRow } from '../../access/audit-log.js'
import { viewerOf } from '../../access/viewer.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { defineRoutes } from '../define-routes.js'
import { exportParameters, listResponse, pageSchema, sendList } from '../list/page.js'
import { accountsParameter, listOf, listParameters, readInstantOrDay } from '../list/parameters.js'
import { requestedAccounts } from '../list/query-context.js'

interface AuditOptions {
  auditLog: AuditLog
  zonesOf: (accounts?: readonly string[]) => readonly string[]
}

const parameters = Type.Object(
  {
    ...listParameters,
    ...exportParameters,
    account: accountsParameter,
    actor: listOf(Type.String({ pattern: '^[a-z0-9 -]{1,40}$' }), 'Actors.'),
    action: listOf(Type.String({ pattern: '^[a-z.-]{1,60}$' }), 'Actions.')
  },
  { additionalProperties: false }
)

const auditShape = Type.Object(
  {
    id: Type.String(),
    at: Type.String({ format: 'date-time' }),
    actor: Type.String({
      description: 'The id of a key, `admin` for ADMIN_KEY, `command line`, or `nobody` for a failed sign-in.'
    }),
    action: Type.String({ examples: ['key.created', 'dead-letter.redriven'] }),
    account: orNull(Type.String(), '`null` when it does not concern a single account.'),
    subject: orNull(Type.String(), 'The object of the action.'),
    details: Type.Record(Type.String(), Type.Unknown())
  },
  { $id: 'AuditEntry', description: 'An action of a key, an administrator or a command.' }
)

const page = pageSchema(auditShape)

/** GET /v1/audit. */
export default defineRoutes<AuditOptions>('audit', async (app, { auditLog, zonesOf }) => {
  app.get(
    '/v1/audit',
    {
      schema: {
        tags: ['access'],
        operationId: 'listAuditEntries',
        summary: 'List the audit log, last entry first',
        querystring: parameters,
        response: { 200: listResponse(page), ...errors(400) }
      }
    },
    async (request, reply) => {
      const { query } = request
      const viewer = viewerOf(request)
      const zones = zonesOf(requestedAccounts(viewer, query.account))
      const filter = {
        since: readInstantOrDay('since', query.since, zones),
        until: readInstantOrDay('until', query.until, zones),
        accounts: query.account,
        actors: query.actor,
        actions: query.action
      }
      return sendList(reply, {
        name: 'audit',
        item: auditShape,
        query,
        keysetTypes: ['timestamptz', 'bigint'],
        zonesOf,
        readPage: async (place, limit) => {
          const rows = await auditLog.list(viewer, filter, { place, limit: limit + 1 })
          const data = rows.slice(0, limit).map(toAuditEntry)
          const last = data.at(-1)
          return { data, next: rows.length > limit && last ? [last.at, last.id] : null }
        }
      })
    }
  )
})

function toAuditEntry({ id, at, details, ...row }: AuditRow): Static<typeof auditShape> {
  // only access/audit-log.ts writes it
  return { ...row, id: String(id), at: at.toISOString(), details: details as Record<string, unknown> }
}
