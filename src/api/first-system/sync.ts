import Type from 'typebox'
import type { AuditLog } from '../../access/audit-log.js'
import { seesAccount, viewerOf } from '../../access/viewer.js'
import { errorCodeOf, InternalError, NotFoundError } from '../../errors.js'
import { ACCOUNT_PATTERN } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import type { SyncedCounts } from '../../reconcile/sync.js'
import type { SyncOptions } from '../admin/sync.js'
import { defineRoutes } from '../define-routes.js'
import { listOf } from '../list/parameters.js'

interface FirstSystemSyncOptions extends SyncOptions {
  /** The configured accounts, also those that cannot be read. */
  accountIds: () => readonly string[]
  auditLog: AuditLog
}

const done = Type.Object(
  {
    success: Type.Literal(true),
    phones: Type.Integer({ minimum: 0, description: 'Active business numbers.' }),
    extensions: Type.Integer({ minimum: 0 })
  },
  { $id: 'FirstSystemSyncResult', description: 'The result of a sync.' }
)

const failure = Type.Object(
  {
    error: Type.Literal('mightycall_sync_failed'),
    reason: Type.Enum(['auth', 'sync', 'quota'], {
      description: 'The credentials, the daily limit, or anything else.'
    }),
    detail: Type.String({ description: 'The error code.' }),
    message: Type.String({ description: 'A text for people.' })
  },
  { $id: 'FirstSystemSyncFailure', description: 'Why a sync failed, in the format of the first system.' }
)

const parameters = Type.Object(
  {
    account: listOf(
      Type.String({ pattern: ACCOUNT_PATTERN }),
      'MightyCall accounts. All accounts with an API key when omitted.'
    )
  },
  { additionalProperties: false }
)

/** POST /api/admin/mightycall/sync. It responds when the rows can be queried. */
export default defineRoutes<FirstSystemSyncOptions>(
  'first-system-sync',
  async (app, { sync, syncable, accountIds, auditLog }) => {
    app.post(
      '/api/admin/mightycall/sync',
      {
        schema: {
          tags: ['sync'],
          operationId: 'runFirstSystemSync',
          summary: 'Read numbers, extensions, contacts, voicemails and messages from MightyCall',
          querystring: parameters,
          response: { 200: done, 500: failure, ...errors(400, 401, 404) }
        }
      },
      async (request, reply) => {
        const viewer = viewerOf(request)
        const { account: requested } = request.query
        if (requested?.some(id => !accountIds().includes(id) || !seesAccount(viewer, id)))
          throw new NotFoundError('account')
        const accounts = syncable().filter(({ id }) => seesAccount(viewer, id) && (requested?.includes(id) ?? true))
        const fail = (reason: 'auth' | 'sync' | 'quota', detail: string, message: string) =>
          reply.code(500).send({ error: 'mightycall_sync_failed' as const, reason, detail, message })
        if (!sync)
          return fail(
            'sync',
            'MCS_NOT_READY',
            'this process does not read MightyCall: send the request to one with the role reconcile'
          )
        if (accounts.length === 0)
          return fail(
            'auth',
            'MCS_REST_AUTH',
            'no such account has an API key: set MIGHTYCALL_API_KEY and MIGHTYCALL_USER_KEY, or ACCOUNTS_FILE'
          )
        for (const { id } of accounts)
          await auditLog.record({ actor: viewer.actor, action: 'sync.begun', account: id, subject: id })
        try {
          return total(await Promise.all(accounts.map(sync.run)))
        } catch (err) {
          const code = errorCodeOf(err)
          const known = code === null ? new InternalError() : (err as Error) // only errors have a code
          return fail(sync.reasonOf(err), code ?? 'MCS_INTERNAL', known.message)
        }
      }
    )
  }
)

function total(runs: readonly SyncedCounts[]) {
  return {
    success: true as const,
    phones: runs.reduce((sum, run) => sum + run.phones, 0),
    extensions: runs.reduce((sum, run) => sum + run.extensions, 0)
  }
}
