import Type, { type Static } from 'typebox'
import { BACKFILL_STATES } from '../db/schema/backfills.js'
import { orNull } from '../events/envelope.js'
import { BACKFILL_ROUTES, type Backfill, doneShare } from '../reconcile/backfill/backfill.js'

const instant = (description?: string) => Type.String({ format: 'date-time', ...description !== undefined && { description } })
const reason = Type.Object({ code: Type.String({ description: 'Never renamed: match on it.' }), message: Type.String({ description: 'For people.' }) })

export const backfillShape = Type.Object({
  id: Type.String(),
  account: Type.String(),
  since: instant(),
  until: instant('Not after it was asked for.'),
  state: Type.Enum([...BACKFILL_STATES]),
  startedAt: instant(),
  finishedAt: orNull(instant(), 'Null: it is running.'),
  done: Type.Number({ minimum: 0, maximum: 1, description: 'The share of the interval that was read and can be queried.' }),
  waiting: orNull(Type.Object({
    code: Type.String({ description: 'MCS_QUOTA: its share of the daily requests is spent. MCS_REST_BLOCKED, MCS_REST_UNAVAILABLE: MightyCall says so. MCS_NOT_PROJECTED: rows cannot be queried yet.' }),
    until: orNull(instant(), 'Null: nobody can say.')
  }), 'What it waits for, to go on by itself. Null: it reads, or has ended.'),
  failed: orNull(reason, 'Why it ended early. To ask for the same interval again goes on where it was.'),
  routes: Type.Array(Type.Object({
    route: Type.Enum([...BACKFILL_ROUTES], { description: "Of MightyCall's REST API." }),
    readFrom: instant('The newest days are read first: from here to the end of the interval all was read, and can be queried.'),
    rows: Type.Integer({ minimum: 0, description: 'That MightyCall has told of these days.' }),
    requests: Type.Integer({ minimum: 0, description: 'So far, without those for tokens.' })
  }))
}, { title: 'backfill', description: 'An interval of the past that is read from MightyCall.' })

export type BackfillJson = Static<typeof backfillShape>

export function toBackfillJson (backfill: Backfill): BackfillJson {
  const { interval: { from, until }, startedAt, finishedAt, waiting, routes, ...row } = backfill
  return {
    ...row,
    since: from.toISOString(),
    until: until.toISOString(),
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    done: doneShare(backfill),
    waiting: waiting && { code: waiting.code, until: waiting.until?.toISOString() ?? null },
    routes: routes.map(({ readFrom, ...route }) => ({ ...route, readFrom: readFrom.toISOString() }))
  }
}
