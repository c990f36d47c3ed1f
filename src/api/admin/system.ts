import Type, { type Static } from 'typebox'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import { toIsoOrNull } from '../../lib/instant.js'
import type { Stop } from '../../project/breaker/stops.js'
import type { PartitionLag } from '../../project/lag.js'
import type { TokenUse } from '../../receive/tokens.js'
import { defineRoutes } from '../define-routes.js'

const instant = (description: string) => Type.String({ format: 'date-time', description })
const instantOrNull = (description: string) => orNull(Type.String({ format: 'date-time' }), description)
const count = (description: string) => Type.Integer({ minimum: 0, description })
const offset = (description: string) =>
  Type.String({ description: `${description} A string, since it may exceed 2^53.` })

const spoolShape = Type.Object({
  bytes: count('The size of the spool on disk.'),
  records: count('The number of records that have not been sent to Kafka yet.'),
  setAside: count('The number of records that Kafka has permanently rejected.')
})

const systemShape = Type.Object(
  {
    versions: Type.Object({
      package: Type.String(),
      node: Type.String(),
      postgres: Type.String({ description: 'Empty while Postgres does not answer.' }),
      schema: orNull(Type.String(), 'The last migration of the database. `null` when this version does not know it.'),
      folds: Type.Record(Type.String(), Type.Integer(), {
        description: 'The fold version of each kind of entity. Rows with a lower version are folded again.'
      })
    }),
    roles: Type.Array(Type.String(), { description: 'The roles of this process.' }),
    isDatabaseReachable: Type.Boolean({
      description:
        'False while Postgres does not answer. Then `webhooks`, `holes`, `processes` and `stop` are empty, and ' +
        '`alarms` are only those of this process that last.'
    }),
    readiness: Type.Array(
      Type.Object({
        role: Type.String(),
        ready: Type.Boolean(),
        why: orNull(Type.String(), 'Why the role is not ready. `null` when it is.')
      }),
      { description: 'The readiness of the roles of this process, as in /health/ready.' }
    ),
    spool: orNull(spoolShape, 'The spool of this process. `null` when it has none.'),
    lag: orNull(
      Type.Array(
        Type.Object({
          topic: Type.String({ description: '`all` for the local log, whose topics share one sequence.' }),
          partition: Type.Integer(),
          records: count('The number of records in the log that have not been projected yet.')
        })
      ),
      '`null` when this process has no log, or when the log does not respond.'
    ),
    webhooks: Type.Array(
      Type.Object({
        account: Type.String(),
        lastAt: instantOrNull(
          'When any process received the last notification that is understood and has been projected. `null` when ' +
            'there is none.'
        )
      })
    ),
    tokens: orNull(
      Type.Array(
        Type.Object({
          account: Type.String(),
          fingerprint: Type.String({ description: 'The first 8 digits of the SHA-256 of the token.' }),
          lastUsedAt: instantOrNull(
            'When this process last received a notification with the token. `null` when it has not since its start.'
          )
        })
      ),
      'The valid tokens of webhook addresses. `null` when this process does not receive webhooks.'
    ),
    holes: Type.Array(
      Type.Object({
        topic: Type.String(),
        partition: Type.Integer(),
        reason: Type.String({ description: 'end-below-checkpoint, gap, other-record, log-switched or log-damage.' }),
        checkpointOffset: offset('The offset of the checkpoint.'),
        firstOffset: orNull(Type.String(), 'The first offset in the log. `null` when it was not read.'),
        endOffset: orNull(Type.String(), 'The end offset of the log. `null` when it was not read.'),
        lostRecords: orNull(
          Type.Integer({ minimum: 0 }),
          'The number of records that are lost to damage. `null` for other reasons, and when it is unknown.'
        ),
        lostAfter: instantOrNull('When the last record before the damage was received. `null` when it is unknown.'),
        lostBefore: instantOrNull(
          'When the first record after the damage was received. `null` when it is unknown, or when there is none.'
        ),
        detectedAt: instant('When the mismatch was detected.')
      }),
      { description: 'Mismatches between the log and the checkpoint of the projector, newest first. At most 50.' }
    ),
    stop: orNull(
      Type.Object({
        topic: Type.String(),
        partition: Type.Integer(),
        lastOffset: offset('The last offset of the batch that caused the stop.'),
        records: count('The number of records that were checked.'),
        failed: count('The number of these records that failed.'),
        code: Type.String({ description: 'The most frequent error code.' }),
        stoppedAt: instant('When the projector stopped.'),
        resumedAt: instantOrNull('`null` while the projector is stopped.')
      }),
      'The last time that the projector stopped itself. `null` when it never did.'
    ),
    alarms: Type.Array(
      Type.Object({
        name: Type.String({ description: 'See docs/alarms.md.' }),
        subject: Type.String({
          description: 'What it is about, such as the account. Empty when the name says it all.'
        }),
        process: Type.String({ description: 'The process that has raised it. Its log has the details.' }),
        scope: Type.Enum(['event', 'process', 'system'], {
          description:
            'A single event, a condition of the process, or a condition of the whole system. A single event is never ' +
            'resolved.'
        }),
        count: count('How often the alarm was raised.'),
        since: instant('When it was first raised since it was last resolved.'),
        lastAt: instant('When it was last raised. A condition of a process lasts until the last sign of life of it.'),
        resolvedAt: instantOrNull('When the condition ended. `null` while it lasts, and for a single event.')
      }),
      {
        description:
          'The alarms of all processes: first those that last, then the resolved ones, newest first. At most 1000. ' +
          'They are kept across restarts, and for 30 days after a process is gone.'
      }
    ),
    processes: Type.Array(
      Type.Object({
        name: Type.String({ description: 'The host name and the port.' }),
        roles: Type.Array(Type.String()),
        version: Type.String({ description: 'The version of the package.' }),
        startedAt: instant('When it started.'),
        seenAt: instant('Its last sign of life; it gives one every 10 s while it reaches Postgres.'),
        stoppedAt: instantOrNull('When it stopped. `null` while it runs, and when it ended without stopping.'),
        spool: orNull(spoolShape, '`null` when it has no spool.')
      }),
      { description: 'All processes of the service that have been seen in the last 30 days, or that left a spool.' }
    )
  },
  { $id: 'System', description: 'The state of the service: of all processes, and of this one where it says so.' }
)

/** The state that the route returns. See the descriptions of systemShape for the meaning of each `null`. */
export interface SystemState {
  versions: Static<typeof systemShape>['versions']
  roles: readonly string[]
  isDatabaseReachable: boolean
  readiness: { role: string; why: string | null }[]
  spool: { bytes: number; records: number; setAside: number } | null
  lag: PartitionLag[] | null
  webhooks: { account: string; lastAt: Date | null }[]
  tokens: TokenUse[] | null
  /** Offsets are strings, since they may exceed the integers that JSON parsers represent exactly. */
  holes: {
    topic: string
    partition: number
    reason: string
    checkpointOffset: string
    firstOffset: string | null
    endOffset: string | null
    lostRecords: number | null
    lostAfter: Date | null
    lostBefore: Date | null
    detectedAt: Date
  }[]
  stop: Stop | null
  alarms: {
    name: string
    subject: string
    process: string
    scope: 'event' | 'process' | 'system'
    count: number
    since: Date
    lastAt: Date
    resolvedAt: Date | null
  }[]
  processes: {
    name: string
    roles: readonly string[]
    version: string
    startedAt: Date
    seenAt: Date
    stoppedAt: Date | null
    spool: SystemState['spool']
  }[]
}

export interface SystemOptions {
  systemState: () => Promise<SystemState>
}

/** GET /v1/system. */
export default defineRoutes<SystemOptions>('system', async (app, { systemState }) => {
  app.get(
    '/v1/system',
    {
      schema: {
        tags: ['system'],
        operationId: 'getSystem',
        summary: 'Get the state of the service, with the alarms and processes of all of it',
        querystring: Type.Object({}, { additionalProperties: false }),
        response: { 200: systemShape, ...errors(400, 401) }
      }
    },
    async () => toShape(await systemState())
  )
})

function toShape({
  roles,
  readiness,
  webhooks,
  tokens,
  holes,
  stop,
  alarms,
  processes,
  ...state
}: SystemState): Static<typeof systemShape> {
  return {
    ...state,
    roles: [...roles],
    readiness: readiness.map(({ role, why }) => ({ role, ready: why === null, why })),
    webhooks: webhooks.map(({ account, lastAt }) => ({ account, lastAt: toIsoOrNull(lastAt) })),
    tokens: tokens?.map(({ lastUsedAt, ...token }) => ({ ...token, lastUsedAt: toIsoOrNull(lastUsedAt) })) ?? null,
    holes: holes.map(({ detectedAt, lostAfter, lostBefore, ...hole }) => ({
      ...hole,
      lostAfter: toIsoOrNull(lostAfter),
      lostBefore: toIsoOrNull(lostBefore),
      detectedAt: detectedAt.toISOString()
    })),
    stop: stop && {
      topic: stop.topic,
      partition: stop.partition,
      lastOffset: String(stop.lastOffset),
      records: stop.records,
      failed: stop.failed,
      code: stop.code,
      stoppedAt: stop.stoppedAt.toISOString(),
      resumedAt: toIsoOrNull(stop.resumedAt)
    },
    alarms: alarms.map(({ since, lastAt, resolvedAt, ...alarm }) => ({
      ...alarm,
      since: since.toISOString(),
      lastAt: lastAt.toISOString(),
      resolvedAt: toIsoOrNull(resolvedAt)
    })),
    processes: processes.map(({ roles, startedAt, seenAt, stoppedAt, ...process }) => ({
      ...process,
      roles: [...roles],
      startedAt: startedAt.toISOString(),
      seenAt: seenAt.toISOString(),
      stoppedAt: toIsoOrNull(stoppedAt)
    }))
  }
}
