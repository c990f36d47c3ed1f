import Type, { type Static } from 'typebox'
import { seesAccount, viewerOf } from '../../access/viewer.js'
import type { Account } from '../../accounts/accounts.js'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import type { Sync, SyncRun } from '../../reconcile/sync.js'
import { defineRoutes } from '../define-routes.js'
import { listSchema } from '../list/page.js'

export interface SyncOptions {
  /** Null: this process does not read MightyCall. */
  sync: Sync | null
  /** Those of which MightyCall can be asked something. */
  syncable: () => readonly Account[]
}

const runShape = Type.Object(
  {
    account: Type.String(),
    startedAt: Type.String({ format: 'date-time' }),
    finishedAt: orNull(Type.String({ format: 'date-time' }), 'Null: it is under way.'),
    failed: orNull(
      Type.Enum(['auth', 'sync', 'quota']),
      'Why it ended early: the credentials, the daily limit, or anything else.'
    ),
    steps: Type.Array(
      Type.Object({
        route: Type.String({ description: "Of MightyCall's REST API." }),
        scope: orNull(Type.String(), 'An extension. Null: all of the account.'),
        state: Type.Enum(['waiting', 'reading', 'done', 'failed']),
        rows: Type.Integer({ minimum: 0, description: 'That MightyCall has told so far.' })
      })
    )
  },
  { $id: 'SyncRun', description: 'A reading of all that MightyCall tells of an account.' }
)

/** GET /v1/sync. */
export default defineRoutes<SyncOptions>('sync', async (app, { sync }) => {
  app.get(
    '/v1/sync',
    {
      schema: {
        tags: ['sync'],
        operationId: 'listSyncRuns',
        summary: 'The newest sync of each account since this process began, and how far it is',
        querystring: Type.Object({}, { additionalProperties: false }),
        response: { 200: listSchema(runShape), ...errors(400, 401) }
      }
    },
    async request => ({
      data: (sync?.runs() ?? []).filter(({ account }) => seesAccount(viewerOf(request), account)).map(toRun)
    })
  )
})

function toRun({ startedAt, finishedAt, ...run }: SyncRun): Static<typeof runShape> {
  return { ...run, startedAt: startedAt.toISOString(), finishedAt: finishedAt?.toISOString() ?? null }
}
