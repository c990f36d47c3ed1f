import Type, { type Static } from 'typebox'
import { viewerOf } from '../../access/viewer.js'
import { errors } from '../../http/error-schema.js'
import type { Arrival, PastCall, TimeTravel } from '../../project/time-travel.js'
import { defineRoutes } from '../define-routes.js'
import { accountParameter } from '../list/parameters.js'
import { type QueryOptions, queryContextOf } from '../list/query-context.js'
import { callPath, findCall } from './resource.js'
import { type CallShape, toCall } from './schema.js'

interface TimelineOptions extends QueryOptions {
  timeTravel: TimeTravel
}

/**
 * Each entry folds all events before it, so that 500 entries would block the process for seconds. A typical call has
 * about ten events.
 */
const MAX_ENTRIES = 200

const entry = Type.Object(
  {
    event: Type.Object(
      { id: Type.String(), type: Type.String() },
      { additionalProperties: true, description: 'The normalized fields, as described in docs/schemas.' }
    ),
    occurredAt: Type.String({ format: 'date-time', description: 'When it happened, by the clock of MightyCall.' }),
    receivedAt: Type.String({ format: 'date-time', description: 'When this service received it.' }),
    source: Type.Enum(['webhook', 'rest', 'action'], { description: 'How this service learned of it.' }),
    changes: Type.Array(
      Type.Object({
        field: Type.String({
          description:
            'A field of the call, such as `state`, or `legs[101#1].connectedAt` for the first attempt at extension 101.'
        }),
        from: Type.Unknown({ description: 'The previous value. `null` when it was unknown or absent.' }),
        to: Type.Unknown()
      }),
      { description: 'What the arrival of the event changed in the call.' }
    )
  },
  { $id: 'TimelineEntry', description: 'An event of a call, and what its arrival changed.' }
)

const timeline = Type.Object(
  {
    data: Type.Array(entry),
    truncated: Type.Boolean({ description: `Whether the call has more events than the first ${MAX_ENTRIES}.` })
  },
  { $id: 'CallTimeline', description: 'The events of a call, in the order in which they were received.' }
)

/** GET /v1/calls/:id/timeline. */
export default defineRoutes<TimelineOptions>('timeline', async (app, { timeTravel, ...options }) => {
  app.get(
    '/v1/calls/:id/timeline',
    {
      schema: {
        tags: ['calls'],
        operationId: 'getCallTimeline',
        summary: 'Get the events of a call in the order of their receipt, and what each changed',
        params: callPath,
        querystring: Type.Object({ account: Type.Optional(accountParameter) }, { additionalProperties: false }),
        response: { 200: timeline, ...errors(400, 401, 404, 409) }
      }
    },
    async request => {
      const key = { ...request.params, ...request.query }
      const call = await findCall(options.db, key, queryContextOf(viewerOf(request), key.account, options))
      const arrivals = await timeTravel.timeline(call, MAX_ENTRIES + 1)
      const shapes = arrivals.map(({ call }) => shapeOf(call))
      const entries = arrivals.map((arrival, i) => entryOf(arrival, shapes[i - 1] ?? null, shapes[i] ?? null))
      return { data: entries.slice(0, MAX_ENTRIES), truncated: entries.length > MAX_ENTRIES }
    }
  )
})

/** Omits the link of a recording: a viewer of the call has no right to the recording itself. */
function entryOf(
  { event: { account: _, occurredAt, receivedAt, source, recordingLink: __, ...event } }: Arrival,
  before: CallShape | null,
  after: CallShape | null
): Static<typeof entry> {
  return { event, occurredAt, receivedAt, source, changes: changesBetween(before, after) }
}

function shapeOf(call: PastCall | null): CallShape | null {
  return call && toCall(call.row, call.legs, call.row.lastEventAt) // `stale` is not compared: see FIELDS
}

/** The previous and the new value of a field of a call, such as `state` or `legs[101#1].connectedAt`. */
interface FieldChange {
  field: string
  from: unknown
  to: unknown
}

type Leg = CallShape['legs'][number]

/**
 * The fields that are compared. The others never change (account, id), change with every event (sources), follow from
 * the legs (currentExtensions) or depend on the time of the request (stale, callback).
 */
const FIELDS = [
  'direction',
  'state',
  'outcome',
  'businessNumber',
  'client',
  'startedAt',
  'answeredAt',
  'endedAt',
  'waitSeconds',
  'talkSeconds',
  'answeredBy',
  'lostInTransfer',
  'recording'
] as const satisfies (keyof CallShape)[]
const LEG_FIELDS = ['role', 'ringingAt', 'connectedAt', 'endedAt', 'result'] as const satisfies (keyof Leg)[]

/**
 * Compares two states of a call field by field. A state is null before the first event. The fields of a leg that does
 * not exist yet count as null.
 */
function changesBetween(before: CallShape | null, after: CallShape | null): FieldChange[] {
  return [...differences('', FIELDS, before, after), ...legChanges(before?.legs ?? [], after?.legs ?? [])]
}

function legChanges(before: readonly Leg[], after: readonly Leg[]): FieldChange[] {
  const [old, current] = [indexLegs(before), indexLegs(after)]
  return [...new Set([...old.keys(), ...current.keys()])].flatMap(name =>
    differences(`legs[${name}].`, LEG_FIELDS, old.get(name) ?? null, current.get(name) ?? null)
  )
}

function indexLegs(legs: readonly Leg[]): Map<string, Leg> {
  return new Map(legs.map(leg => [legName(leg), leg]))
}

/** Returns for example `101#1` for the first attempt at extension 101. */
function legName({ extension, attempt }: Leg): string {
  return `${extension ?? ''}#${attempt}`
}

function differences<T extends object>(
  path: string,
  fields: readonly (keyof T & string)[],
  before: T | null,
  after: T | null
): FieldChange[] {
  return fields.flatMap(field => {
    const from = before?.[field] ?? null
    const to = after?.[field] ?? null
    // before its first event a call was not lost either
    const isSame = (from ?? false) === (to ?? false) || JSON.stringify(from) === JSON.stringify(to)
    return isSame ? [] : [{ field: `${path}${field}`, from, to }]
  })
}
