import Type, { type Static } from 'typebox'
import { orNull } from '../../events/envelope.js'
import { errors } from '../../http/error-schema.js'
import type { Stop } from '../../project/breaker/stops.js'
import type { PartitionLag } from '../../project/lag.js'
import type { TokenUse } from '../../receive/tokens.js'
import { defineRoutes } from '../define-routes.js'

const instant = (description: string) => Type.String({ format: 'date-time', description })
const instantOrNull = (description: string) => orNull(Type.String({ format: 'date-time' }), description)
const count = (description: string) => Type.Integer({ minimum: 0, description })
const offset = (description: string) => Type.String({ description: `${description} As text: it may be beyond 2^53.` })

export const systemShape = Type.Object(
  {
    versions: Type.Object({
      package: Type.String(),
      node: Type.String(),
      postgres: Type.String(),
      schema: orNull(Type.String(), 'The last migration. Null: another one than this version knows.'),
      folds: Type.Record(Type.String(), Type.Integer(), {
        description: 'By kind of entity: rows of a lower version are folded again.'
      })
    }),
    roles: Type.Array(Type.String(), { description: 'Of this process.' }),
    readiness: Type.Array(
      Type.Object({ role: Type.String(), ready: Type.Boolean(), why: orNull(Type.String(), 'Why not.') }),
      { description: 'Of the roles of this process, as at /health/ready.' }
    ),
    spool: orNull(
      Type.Object({
        bytes: count('On the disk.'),
        records: count('That wait for Kafka.'),
        setAside: count('That Kafka has refused for good.')
      }),
      'Null: this process has none.'
    ),
    lag: orNull(
      Type.Array(
        Type.Object({
          topic: Type.String({ description: 'all: the local log, whose topics share one sequence.' }),
          partition: Type.Integer(),
          records: count('In the log, and not projected yet.')
        })
      ),
      'Null: this process has no log, or the log does not answer.'
    ),
    webhooks: Type.Array(
      Type.Object({
        account: Type.String(),
        lastAt: instantOrNull('When the last notification was received that is projected, by any process. Null: never.')
      })
    ),
    tokens: orNull(
      Type.Array(
        Type.Object({
          account: Type.String(),
          fingerprint: Type.String({ description: 'The first 8 digits of the SHA-256 of the token.' }),
          lastUsedAt: instantOrNull('By this process. Null: not since it began.')
        })
      ),
      'The live tokens of webhook addresses. Null: this process does not receive.'
    ),
    holes: Type.Array(
      Type.Object({
        topic: Type.String(),
        partition: Type.Integer(),
        reason: Type.String({ description: 'end-below-checkpoint, gap, other-record or log-switched.' }),
        checkpointOffset: offset('What was projected last.'),
        firstOffset: orNull(Type.String(), 'What the log had. Null: it was not asked.'),
        endOffset: orNull(Type.String(), 'What the log had. Null: it was not asked.'),
        detectedAt: instant('When it was seen.')
      }),
      { description: 'Where the log did not hold what was projected last; newest first, 50 at most.' }
    ),
    stop: orNull(
      Type.Object({
        topic: Type.String(),
        partition: Type.Integer(),
        lastOffset: offset('Of the batch that would have been too much.'),
        records: count('That were looked at.'),
        failed: count('Of these.'),
        code: Type.String({ description: 'Of most of them.' }),
        stoppedAt: instant('When the projector stopped.'),
        resumedAt: instantOrNull('Null: it stands still.')
      }),
      'The last time that the projector stopped by itself. Null: it never did.'
    ),
    alarms: Type.Array(
      Type.Object({ name: Type.String(), count: count('How often.'), lastAt: instant('The last time.') }),
      { description: 'Of this process since it began; its log says more of each.' }
    )
  },
  { $id: 'System', description: 'The state of the service, as this process sees it.' }
)

/** Null: this process has no such thing, or it cannot be known now. */
export interface SystemState {
  versions: Static<typeof systemShape>['versions']
  roles: readonly string[]
  readiness: { role: string; why: string | null }[]
  spool: { bytes: number; records: number; setAside: number } | null
  lag: PartitionLag[] | null
  webhooks: { account: string; lastAt: Date | null }[]
  tokens: TokenUse[] | null
  /** Offsets are whole numbers beyond what a JSON reader may keep: they stay texts. */
  holes: {
    topic: string
    partition: number
    reason: string
    checkpointOffset: string
    firstOffset: string | null
    endOffset: string | null
    detectedAt: Date
  }[]
  stop: Stop | null
  alarms: { name: string; count: number; lastAt: Date }[]
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
        summary: 'Get the state of the service, as this process sees it',
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
  ...state
}: SystemState): Static<typeof systemShape> {
  return {
    ...state,
    roles: [...roles],
    readiness: readiness.map(({ role, why }) => ({ role, ready: why === null, why })),
    webhooks: webhooks.map(({ account, lastAt }) => ({ account, lastAt: iso(lastAt) })),
    tokens: tokens?.map(({ lastUsedAt, ...token }) => ({ ...token, lastUsedAt: iso(lastUsedAt) })) ?? null,
    holes: holes.map(({ detectedAt, ...hole }) => ({ ...hole, detectedAt: detectedAt.toISOString() })),
    stop: stop && {
      topic: stop.topic,
      partition: stop.partition,
      lastOffset: String(stop.lastOffset),
      records: stop.records,
      failed: stop.failed,
      code: stop.code,
      stoppedAt: stop.stoppedAt.toISOString(),
      resumedAt: iso(stop.resumedAt)
    },
    alarms: alarms.map(({ lastAt, ...alarm }) => ({ ...alarm, lastAt: lastAt.toISOString() }))
  }
}

function iso(at: Date | null): string | null {
  return at?.toISOString() ?? null
}
