import Type from 'typebox'
import { orNull } from '../events/envelope.js'

const instant = (description: string) => Type.String({ format: 'date-time', description })
const instantOrNull = (description: string) => orNull(Type.String({ format: 'date-time' }), description)
const count = (description: string) => Type.Integer({ minimum: 0, description })
const offset = (description: string) => Type.String({ description: `${description} As text: it may be beyond 2^53.` })

export const systemShape = Type.Object({
  versions: Type.Object({
    package: Type.String(),
    node: Type.String(),
    postgres: Type.String(),
    schema: orNull(Type.String(), 'The last migration. Null: another one than this version knows.'),
    folds: Type.Record(Type.String(), Type.Integer(), { description: 'By kind of entity: rows of a lower version are folded again.' })
  }),
  roles: Type.Array(Type.String(), { description: 'Of this process.' }),
  readiness: Type.Array(Type.Object({ role: Type.String(), ready: Type.Boolean(), why: orNull(Type.String(), 'Why not.') }), { description: 'Of the roles of this process, as at /health/ready.' }),
  spool: orNull(Type.Object({ bytes: count('On the disk.'), records: count('That wait for Kafka.'), setAside: count('That Kafka has refused for good.') }), 'Null: this process has none.'),
  lag: orNull(Type.Array(Type.Object({
    topic: Type.String({ description: 'all: the local log, whose topics share one sequence.' }),
    partition: Type.Integer(),
    records: count('In the log, and not projected yet.')
  })), 'Null: this process has no log, or the log does not answer.'),
  webhooks: Type.Array(Type.Object({ account: Type.String(), lastAt: instantOrNull('When the last notification was received that is projected, by any process. Null: never.') })),
  tokens: orNull(Type.Array(Type.Object({
    account: Type.String(),
    fingerprint: Type.String({ description: 'The first 8 digits of the SHA-256 of the token.' }),
    lastUsedAt: instantOrNull('By this process. Null: not since it began.')
  })), 'The live tokens of webhook addresses. Null: this process does not receive.'),
  holes: Type.Array(Type.Object({
    topic: Type.String(),
    partition: Type.Integer(),
    reason: Type.String({ description: 'end-below-checkpoint, gap, other-record or log-switched.' }),
    checkpointOffset: offset('What was projected last.'),
    firstOffset: orNull(Type.String(), 'What the log had. Null: it was not asked.'),
    endOffset: orNull(Type.String(), 'What the log had. Null: it was not asked.'),
    detectedAt: instant('When it was seen.')
  }), { description: 'Where the log did not hold what was projected last; newest first, 50 at most.' }),
  stop: orNull(Type.Object({
    topic: Type.String(),
    partition: Type.Integer(),
    lastOffset: offset('Of the batch that would have been too much.'),
    records: count('That were looked at.'),
    failed: count('Of these.'),
    code: Type.String({ description: 'Of most of them.' }),
    stoppedAt: instant('When the projector stopped.'),
    resumedAt: instantOrNull('Null: it stands still.')
  }), 'The last time that the projector stopped by itself. Null: it never did.'),
  alarms: Type.Array(Type.Object({ name: Type.String(), count: count('How often.'), lastAt: instant('The last time.') }), { description: 'Of this process since it began; its log says more of each.' })
}, { title: 'system' })
