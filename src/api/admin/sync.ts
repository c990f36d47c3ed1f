import Type, { type Static } from 'typebox'
import { seesAccount, viewerOf } from '../../access/viewer.js'
import type { Account } from '../../accounts/accounts.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { toIsoOrNull } from '../../lib/instant.js'
import type { Sync, SyncRun } from '../../reconcile/sync.js'
import { defineRoutes } from '../define-routes.js'
import { listSchema } from '../list/page.js'

export interface SyncOptions {
  /** `null` when this process does not have the role reconcile. */
  sync: Sync | null
  /** The accounts with credentials for the REST API. */
  syncable: () => readonly Account[]
}

const runShape = Type.Object(
  {
    account: Type.String(),
    startedAt: Type.String({ format: 'date-time' }),
    finishedAt: orNull(Type.String({ format: 'date-time' }), '`null` while it is running.'),
    failed: orNull(
      Type.Enum(['auth', 'sync', 'quota']),
      'Why it ended early. auth: the credentials. quota: the daily limit. sync: any other reason.'
    ),
    steps: Type.Array(
      Type.Object({
        route: Type.String({ description: 'The route of the REST API of MightyCall.' }),
        scope: orNull(Type.String(), 'An extension. `null` for the whole account.'),
        state: Type.Enum(['waiting', 'reading', 'done', 'failed']),
        rows: Type.Integer({ minimum: 0, description: 'The number of rows that MightyCall has returned so far.' }),
        readFrom: orNull(
          Type.String({ format: 'date-time' }),
          'Rows since then were read, and flags of all rows that were unread here. `null` for a route without times, ' +
            'and while it is being read.'
        ),
        unreadBefore: Type.Integer({
          minimum: 0,
          description:
            'The number of older voicemails or messages that are unread here, and whose flags were not read, because ' +
            'the requests of the sync or the quota were spent.'
        })
      })
    )
  },
  { $id: 'SyncRun', description: 'A full reading of an account from the REST API.' }
)

/** GET /v1/sync. */
export default defineRoutes<SyncOptions>('sync', async (app, { sync }) => {
  app.get(
    '/v1/sync',
    {
      schema: {
        tags: ['sync'],
        operationId: 'listSyncRuns',
        summary: 'List the latest sync of each account in this process',
        querystring: Type.Object({}, { additionalProperties: false }),
        response: { 200: listSchema(runShape), ...errors(400, 401) }
      }
    },
    async request => ({
      data: (sync?.runs() ?? []).filter(({ account }) => seesAccount(viewerOf(request), account)).map(toRun)
    })
  )
})

function toRun({ startedAt, finishedAt, steps, ...run }: SyncRun): Static<typeof runShape> {
  return {
    ...run,
    startedAt: startedAt.toISOString(),
    finishedAt: toIsoOrNull(finishedAt),
    steps: steps.map(step => ({ ...step, readFrom: toIsoOrNull(step.readFrom) }))
  }
}
