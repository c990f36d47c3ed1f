import Type, { type Static } from 'typebox'
import type { AuditLog } from '../../access/audit-log.js'
import { accountsFor, seesAccount, type Viewer, viewerOf } from '../../access/viewer.js'
import type { Account } from '../../accounts/accounts.js'
import { BACKFILL_STATES } from '../../db/schema/reconcile.js'
import { InvalidParameterError, NotFoundError } from '../../errors.js'
import { ACCOUNT_PATTERN, orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { DAY_MS, toIsoOrNull } from '../../lib/instant.js'
import { BACKFILL_ROUTES, type Backfill, completedShare } from '../../reconcile/backfill/backfill.js'
import type { Backfills } from '../../reconcile/backfill/backfills.js'
import type { BackfillRequest } from '../../reconcile/backfill/store.js'
import { defineRoutes } from '../define-routes.js'
import { listSchema } from '../list/page.js'
import { accountsParameter, readInstantOrDay } from '../list/parameters.js'

const instant = (description?: string) =>
  Type.String({ format: 'date-time', ...(description !== undefined && { description }) })
const reason = Type.Object({
  code: Type.String({ description: 'Identifies the kind of failure. Codes are never renamed.' }),
  message: Type.String({ description: 'A text for people.' })
})

const backfillShape = Type.Object(
  {
    id: Type.String(),
    account: Type.String(),
    since: instant(),
    until: instant('The end of the interval, never after the request.'),
    state: Type.Enum([...BACKFILL_STATES]),
    startedAt: instant(),
    finishedAt: orNull(instant(), '`null` while it is running.'),
    done: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'The share of the interval that has been read and can be queried.'
    }),
    waiting: orNull(
      Type.Object({
        code: Type.String({
          description:
            'MCS_QUOTA: the share of the daily limit is used up. MCS_REST_BLOCKED, MCS_REST_UNAVAILABLE: MightyCall ' +
            'refuses requests. MCS_NOT_PROJECTED: rows cannot be queried yet.'
        }),
        until: orNull(instant(), '`null` when unknown.')
      }),
      'What the backfill waits for before it continues. `null` when it does not wait.'
    ),
    failed: orNull(reason, 'Why it ended early. A request for the same interval continues where it was.'),
    routes: Type.Array(
      Type.Object({
        route: Type.Enum([...BACKFILL_ROUTES], { description: 'The route of the REST API of MightyCall.' }),
        readFrom: instant(
          'The newest days are read first. From this instant to the end of the interval everything can be queried.'
        ),
        rows: Type.Integer({ minimum: 0, description: 'The number of rows that MightyCall returned.' }),
        requests: Type.Integer({ minimum: 0, description: 'The number of requests so far, without those for tokens.' })
      })
    )
  },
  { $id: 'Backfill', description: 'The reading of a past interval from MightyCall.' }
)

export type BackfillJson = Static<typeof backfillShape>

function toBackfillJson(backfill: Backfill): BackfillJson {
  const {
    interval: { from, until },
    startedAt,
    finishedAt,
    waiting,
    routes,
    ...row
  } = backfill
  return {
    ...row,
    since: from.toISOString(),
    until: until.toISOString(),
    startedAt: startedAt.toISOString(),
    finishedAt: toIsoOrNull(finishedAt),
    done: completedShare(backfill),
    waiting: waiting && { code: waiting.code, until: toIsoOrNull(waiting.until) },
    routes: routes.map(({ readFrom, ...route }) => ({ ...route, readFrom: readFrom.toISOString() }))
  }
}

export interface BackfillsOptions {
  backfills: Backfills
  /** The accounts with credentials for the REST API. */
  syncable: () => readonly Account[]
  /** The configured accounts, also those that cannot be read. */
  accountIds: () => readonly string[]
  now: () => Date
  auditLog: AuditLog
  zonesOf: (accounts?: readonly string[]) => readonly string[]
}

const MAX_DAYS = 366

const body = Type.Object(
  {
    account: Type.Optional(
      Type.String({ pattern: ACCOUNT_PATTERN, description: 'May be omitted when there is only one account.' })
    ),
    since: Type.String({
      maxLength: 40,
      description:
        'The start of the interval, inclusive: an RFC 3339 instant, or a day (2026-01-31) in the time zone of the ' +
        'account.'
    }),
    until: Type.Optional(
      Type.String({
        maxLength: 40,
        description: `The end of the interval, exclusive. Now when omitted. At most ${MAX_DAYS} days after \`since\`.`
      })
    )
  },
  { additionalProperties: false }
)

const begun = Type.Object(
  {
    outcome: Type.Enum(['begun', 'joined', 'resumed'], {
      description:
        'begun: a new backfill was started. joined: the backfill of this interval was already running. resumed: it ' +
        'had failed or had been stopped, and continues where it was.'
    }),
    backfill: backfillShape
  },
  { $id: 'BackfillStart', description: 'The backfill, and whether it is new.' }
)

const path = Type.Object({ id: Type.String({ pattern: '^[0-9]{1,18}$' }) })
const parameters = Type.Object({ account: accountsParameter }, { additionalProperties: false })

/** POST and GET /v1/backfills, GET and DELETE /v1/backfills/:id. */
export default defineRoutes<BackfillsOptions>(
  'backfills',
  async (app, { backfills, syncable, accountIds, now, zonesOf, auditLog }) => {
    const tags = ['backfills']

    app.post(
      '/v1/backfills',
      {
        schema: {
          tags,
          operationId: 'startBackfill',
          summary: 'Start reading the calls, voicemails and messages of a past interval',
          body,
          response: { 200: begun, ...errors(400, 401, 404, 409, 503) }
        }
      },
      async request => {
        const viewer = viewerOf(request)
        const { account } = request.body
        if (account !== undefined && !(accountIds().includes(account) && seesAccount(viewer, account)))
          throw new NotFoundError('account')
        const { outcome, backfill } = await backfills.begin(
          parseRequest(request.body, {
            accounts: syncable().filter(({ id }) => seesAccount(viewer, id)),
            now: now(),
            zonesOf
          })
        )
        await note(viewer, `backfill.${outcome}`, backfill)
        return { outcome, backfill: toBackfillJson(backfill) }
      }
    )

    app.get(
      '/v1/backfills',
      {
        schema: {
          tags,
          operationId: 'listBackfills',
          summary: 'List the last hundred backfills and their progress, newest first',
          querystring: parameters,
          response: { 200: listSchema(backfillShape), ...errors(400, 401) }
        }
      },
      async request => ({
        data: (await backfills.all(accountsFor(viewerOf(request), request.query.account))).map(toBackfillJson)
      })
    )

    app.get(
      '/v1/backfills/:id',
      {
        schema: {
          tags,
          operationId: 'getBackfill',
          summary: 'Get a backfill and its progress',
          params: path,
          response: { 200: backfillShape, ...errors(400, 401, 404) }
        }
      },
      async request => toBackfillJson(await find(viewerOf(request), request.params.id))
    )

    app.delete(
      '/v1/backfills/:id',
      {
        schema: {
          tags,
          operationId: 'stopBackfill',
          summary: 'Stop a backfill after the current page. It can be resumed',
          params: path,
          response: { 200: backfillShape, ...errors(400, 401, 404) }
        }
      },
      async request => {
        const viewer = viewerOf(request)
        const { id } = await find(viewer, request.params.id)
        const backfill = await backfills.stop(id)
        await note(viewer, 'backfill.stopped', backfill)
        return toBackfillJson(backfill)
      }
    )

    /** @throws NotFoundError  the backfill does not exist, or the viewer may not see it */
    async function find(viewer: Viewer, id: string): Promise<Backfill> {
      const backfill = await backfills.byId(id)
      if (!seesAccount(viewer, backfill.account)) throw new NotFoundError('backfill')
      return backfill
    }

    const note = ({ actor }: Viewer, action: string, { id, account }: Backfill) =>
      auditLog.record({ actor, action, account, subject: id })
  }
)

/** @throws InvalidParameterError  the account or the interval is invalid */
function parseRequest(
  requested: { account?: string; since: string; until?: string },
  { accounts, now, zonesOf }: { accounts: readonly Account[]; now: Date } & Pick<BackfillsOptions, 'zonesOf'>
): BackfillRequest {
  const account = chooseAccount(requested.account, accounts)
  const zones = zonesOf([account])
  const requestedUntil = readInstantOrDay('until', requested.until, zones)
  const from = readInstantOrDay('since', requested.since, zones) ?? now
  const until = requestedUntil && requestedUntil < now ? requestedUntil : now
  if (from >= until) throw new InvalidParameterError('since must be in the past, and before until')
  if (until.getTime() - from.getTime() > MAX_DAYS * DAY_MS)
    throw new InvalidParameterError(`until must be at most ${MAX_DAYS} days after since`)
  return { account, interval: { from, until }, requestedUntil }
}

/** Returns the requested account, or the only one. */
function chooseAccount(requested: string | undefined, accounts: readonly Account[]): string {
  const [only, another] = requested === undefined ? accounts : accounts.filter(({ id }) => id === requested)
  if (!only) throw new InvalidParameterError('account: no account has an API key and a user key of MightyCall')
  if (another) throw new InvalidParameterError('account: there are several, choose one')
  return only.id
}
