import Type, { type Static } from 'typebox'
import type { callHistory, callLegs } from '../../db/schema/calls.js'
import { orNull } from '../../events/envelope.js'

export const instant = Type.String({ format: 'date-time' })
const seconds = Type.Number({ minimum: 0 })
const oneOf = <const T extends string[]>(...values: T) => Type.Enum(values)

export const DIRECTIONS = ['inbound', 'outbound', 'callback', 'internal'] as const
export const STATES = ['waiting', 'ringing', 'connected', 'ended'] as const
export const OUTCOMES = ['answered', 'missed', 'abandoned', 'unanswered', 'voicemail', 'dropped', 'canceled'] as const

const leg = Type.Object(
  {
    extension: orNull(Type.String(), 'Null: MightyCall did not say which.'),
    attempt: Type.Integer({ minimum: 1, description: '1, 2, … of this extension in this call.' }),
    role: oneOf('agent', 'dialer'),
    ringingAt: orNull(instant, 'Null: it is not known when.'),
    connectedAt: orNull(instant, 'Null: not answered (yet), or it is not known when.'),
    endedAt: orNull(instant, 'Null: still open.'),
    result: orNull(oneOf('answered', 'unanswered'), 'Null: still ringing.')
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
      'When the next talk with this client began, whoever called whom. Null: it is still to be returned.'
    ),
    minutesToReturn: orNull(Type.Number({ minimum: 0 }), 'From the end of the call until then.'),
    attempts: Type.Integer({ minimum: 0, description: 'Calls to the client until then, that one included.' }),
    unansweredCalls: Type.Integer({
      minimum: 0,
      description:
        "The client's calls that nobody took, this one included, between the talk before and the one after; at most 100, of 30 days before."
    })
  },
  { $id: 'Callback', description: 'What happened after an inbound call that nobody answered.' }
)

/** A call as the API shows it; times are RFC 3339 in UTC with milliseconds, durations seconds. */
export const callShape = Type.Object(
  {
    account: Type.String(),
    id: Type.String({ description: "MightyCall's id of the call." }),
    direction: oneOf(...DIRECTIONS),
    state: oneOf(...STATES),
    outcome: orNull(oneOf(...OUTCOMES), 'Null: the call has not ended.'),
    businessNumber: orNull(Type.String(), 'E.164.'),
    client: orNull(clientShape, 'Null: a call between colleagues, or nobody was named.'),
    startedAt: instant,
    answeredAt: orNull(instant, 'Null: not answered (yet), or it is not known when.'),
    endedAt: orNull(instant, 'Null: not ended.'),
    waitSeconds: orNull(seconds, 'From the start to the answer, or to the end.'),
    talkSeconds: orNull(seconds, 'From the answer to the end.'),
    answeredBy: orNull(Type.String(), 'The extension that talked first.'),
    stale: Type.Boolean({ description: 'Open for four hours without a sign of life: its end was probably missed.' }),
    recording: orNull(recordingShape, '`null` when no recording is known.'),
    legs: Type.Array(leg),
    callback: orNull(
      callback,
      'Null: the call was taken, did not come in, or is of nobody who can be called; and of calls as they were.'
    ),
    sources: Type.Object(
      { webhook: Type.Integer(), rest: Type.Integer() },
      { description: 'Distinct events, by how we learned them.' }
    )
  },
  { $id: 'Call', description: 'A call, folded from its events.' }
)

export type CallShape = Static<typeof callShape>
export type CallRow = Omit<typeof callHistory.$inferSelect, 'contribution'>
export type LegRow = typeof callLegs.$inferSelect

/** An open call without a sign of life for longer is stale. */
export const STALE_SECONDS = 4 * 60 * 60

/** @param now  the instant that `stale` is relative to */
export function toCall(
  row: CallRow,
  legs: readonly LegRow[],
  now: Date,
  callback: CallShape['callback'] = null
): CallShape {
  return {
    account: row.account,
    id: row.callId,
    direction: row.direction as CallShape['direction'], // only project/models/calls/calls.ts writes the table
    state: row.state as CallShape['state'],
    outcome: row.outcome as CallShape['outcome'],
    businessNumber: row.businessNumber,
    client: toClient(row),
    startedAt: row.startedAt.toISOString(),
    answeredAt: iso(row.answeredAt),
    endedAt: iso(row.endedAt),
    waitSeconds: row.waitSeconds,
    talkSeconds: row.talkSeconds,
    answeredBy: row.answeredBy,
    stale: row.state !== 'ended' && now.getTime() - row.lastEventAt.getTime() > STALE_SECONDS * 1000,
    recording: row.recordingId === null && row.recordingLink === null ? null : { id: row.recordingId },
    legs: [...legs].sort(byBeginning).map(toLeg),
    callback,
    sources: { webhook: row.webhookEvents, rest: row.restEvents }
  }
}

/** What began at an unknown time comes last. */
function byBeginning(a: LegRow, b: LegRow): number {
  const since = (leg: LegRow) => (leg.ringingAt ?? leg.connectedAt)?.getTime() ?? Number.MAX_SAFE_INTEGER
  return since(a) - since(b) || (a.extension < b.extension ? -1 : a.extension > b.extension ? 1 : a.attempt - b.attempt)
}

function toLeg(row: LegRow): CallShape['legs'][number] {
  return {
    extension: row.extension === '' ? null : row.extension,
    attempt: row.attempt,
    role: row.role as 'agent' | 'dialer', // only project/models/calls/calls.ts writes the table
    ringingAt: iso(row.ringingAt),
    connectedAt: iso(row.connectedAt),
    endedAt: iso(row.endedAt),
    result: row.result as 'answered' | 'unanswered' | null
  }
}

export function iso(at: Date | null): string | null {
  return at?.toISOString() ?? null
}
