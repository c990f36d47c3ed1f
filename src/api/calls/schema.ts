import Type, { type Static } from 'typebox'
import type { callHistory, callLegs, StatisticsColumn } from '../../db/schema/calls.js'
import { isStale } from '../../db/stale-calls.js'
import { orNull } from '../../events/envelope.js'
import { toIsoOrNull } from '../../lib/instant.js'

export const instant = Type.String({ format: 'date-time' })
const seconds = Type.Number({ minimum: 0 })
const oneOf = <const T extends string[]>(...values: T) => Type.Enum(values)

export const DIRECTIONS = ['inbound', 'outbound', 'callback', 'internal'] as const
export const STATES = ['waiting', 'ringing', 'connected', 'ended'] as const
export const OUTCOMES = ['answered', 'missed', 'abandoned', 'unanswered', 'voicemail', 'dropped', 'canceled'] as const

const leg = Type.Object(
  {
    extension: orNull(Type.String(), '`null` when MightyCall did not name the extension.'),
    attempt: Type.Integer({
      minimum: 1,
      description: 'The number of the attempt at this extension in this call: 1, 2, …'
    }),
    role: oneOf('agent', 'dialer'),
    ringingAt: orNull(instant, '`null` when the time is unknown.'),
    connectedAt: orNull(instant, '`null` when not answered, or when the time is unknown.'),
    endedAt: orNull(instant, '`null` while the leg is open.'),
    result: orNull(oneOf('answered', 'unanswered'), '`null` while the leg is ringing.')
  },
  { $id: 'Leg', description: 'One attempt to reach an extension.' }
)

export const clientShape = Type.Object(
  {
    number: orNull(Type.String(), 'The phone number, in E.164 format where it could be read.'),
    name: orNull(Type.String(), 'The name of the client, or of a site widget.')
  },
  { $id: 'Client', description: 'The client of a call, a voicemail or a message.' }
)

export const recordingShape = Type.Object(
  { id: orNull(Type.String(), 'The id of the recording at MightyCall.') },
  { $id: 'Recording', description: 'A recording.' }
)

export function toClient({
  clientNumber: number,
  clientName: name
}: {
  clientNumber: string | null
  clientName: string | null
}): Static<typeof clientShape> | null {
  return number === null && name === null ? null : { number, name }
}

const callback = Type.Object(
  {
    returnedAt: orNull(
      instant,
      'When the next conversation with this client began, in either direction. `null` until the call is returned.'
    ),
    minutesToReturn: orNull(Type.Number({ minimum: 0 }), 'The minutes from the end of the call until then.'),
    attempts: Type.Integer({
      minimum: 0,
      description: 'The number of calls to the client until then, including that one.'
    }),
    unansweredCalls: Type.Integer({
      minimum: 0,
      description:
        'The number of unanswered calls of the client between the previous and the next conversation, including this ' +
        'one. At most 100 calls of the preceding 30 days are counted.'
    })
  },
  {
    $id: 'Callback',
    description: 'What happened after an inbound call that nobody answered, or a call that was lost in a transfer.'
  }
)

/** A call in a response. Times are in RFC 3339 format, in UTC with milliseconds. */
export const callShape = Type.Object(
  {
    account: Type.String(),
    id: Type.String({ description: 'The id of the call at MightyCall.' }),
    direction: oneOf(...DIRECTIONS),
    state: oneOf(...STATES),
    outcome: orNull(oneOf(...OUTCOMES), '`null` until the call has ended.'),
    businessNumber: orNull(Type.String(), 'In E.164 format.'),
    client: orNull(
      clientShape,
      '`null` for an internal call, and when no client was named. A short number such as 911 is the client until ' +
        'there is evidence that it is the extension of a colleague.'
    ),
    startedAt: instant,
    answeredAt: orNull(instant, '`null` when not answered, or when the time is unknown.'),
    endedAt: orNull(instant, '`null` until the call has ended.'),
    waitSeconds: orNull(
      seconds,
      'The time from the start to the answer, or to the end of an unanswered call. `null` when the time of the ' +
        'answer is unknown.'
    ),
    talkSeconds: orNull(
      seconds,
      'The time in which at least one extension was connected. `null` until the call has ended, and when it is unknown.'
    ),
    answeredBy: orNull(Type.String(), 'The extension that answered first. After a transfer it is not the current one.'),
    currentExtensions: Type.Array(Type.String(), {
      description: 'The extensions that are connected now, in the order in which they answered. Empty in an ended call.'
    }),
    lostInTransfer: Type.Boolean({
      description:
        'Whether, after a conversation, the last extension that rang did not answer. Somebody has to call back.'
    }),
    stale: Type.Boolean({
      description: 'Whether an open call has had no event for four hours. Its end was probably missed.'
    }),
    recording: orNull(recordingShape, '`null` when no recording is known.'),
    legs: Type.Array(leg),
    callback: orNull(
      callback,
      '`null` when nobody has to call back: the call was answered or is not inbound, and it was not lost in a ' +
        'transfer. Also `null` when there is no number that can be called, and for calls of the past.'
    ),
    sources: Type.Object(
      { webhook: Type.Integer(), rest: Type.Integer() },
      { description: 'The numbers of distinct events, by source.' }
    )
  },
  { $id: 'Call', description: 'A call, derived from its events.' }
)

export type CallShape = Static<typeof callShape>
export type StoredCall = Omit<typeof callHistory.$inferSelect, StatisticsColumn>
export type LegRow = Omit<typeof callLegs.$inferSelect, 'answeredElsewhere'>

/** @param now  the instant that `stale` is relative to */
export function toCall(
  row: StoredCall,
  legs: readonly LegRow[],
  now: Date,
  callback: CallShape['callback'] = null
): CallShape {
  return {
    account: row.account,
    id: row.callId,
    // The casts are safe, since only project/models/calls/calls.ts writes the table.
    direction: row.direction as CallShape['direction'],
    state: row.state as CallShape['state'],
    outcome: row.outcome as CallShape['outcome'],
    businessNumber: row.businessNumber,
    client: toClient(row),
    startedAt: row.startedAt.toISOString(),
    answeredAt: toIsoOrNull(row.answeredAt),
    endedAt: toIsoOrNull(row.endedAt),
    waitSeconds: row.waitSeconds,
    talkSeconds: row.talkSeconds,
    answeredBy: row.answeredBy,
    currentExtensions: currentExtensionsOf(legs),
    lostInTransfer: row.lostInTransfer,
    stale: isStale(row, now),
    recording: row.recordingId === null && row.recordingLink === null ? null : { id: row.recordingId },
    legs: [...legs].sort(compareLegs).map(toLeg),
    callback,
    sources: { webhook: row.webhookEvents, rest: row.restEvents }
  }
}

/** An open leg that was connected still is: its call has not ended. */
function currentExtensionsOf(legs: readonly LegRow[]): string[] {
  const current = legs.flatMap(({ extension, connectedAt, endedAt }) =>
    connectedAt !== null && endedAt === null && extension !== '' ? [{ extension, since: connectedAt.getTime() }] : []
  )
  const inOrder = current.sort((a, b) => a.since - b.since || (a.extension < b.extension ? -1 : 1))
  return [...new Set(inOrder.map(({ extension }) => extension))]
}

/** Sorts by start; legs that began at an unknown time come last. */
function compareLegs(a: LegRow, b: LegRow): number {
  const since = (leg: LegRow) => (leg.ringingAt ?? leg.connectedAt)?.getTime() ?? Number.MAX_SAFE_INTEGER
  return since(a) - since(b) || (a.extension < b.extension ? -1 : a.extension > b.extension ? 1 : a.attempt - b.attempt)
}

function toLeg(row: LegRow): CallShape['legs'][number] {
  return {
    extension: row.extension === '' ? null : row.extension,
    attempt: row.attempt,
    role: row.role as 'agent' | 'dialer', // only project/models/calls/calls.ts writes the table
    ringingAt: toIsoOrNull(row.ringingAt),
    connectedAt: toIsoOrNull(row.connectedAt),
    endedAt: toIsoOrNull(row.endedAt),
    result: row.result as 'answered' | 'unanswered' | null
  }
}
