import type { CallReported } from '../../events/call.js'
import { cleanName } from '../../events/text.js'
import { HOUR_MS, toIsoOrNull } from '../../lib/instant.js'
import type { ResponseOf } from '../../mightycall/rest/route.js'
import { calls } from '../../mightycall/rest/routes/calls.js'
import { parseRecordingLink } from '../../mightycall/webhook/recording.js'
import { GRACE_MS } from '../gaps/gap-rules.js'
import { callLookBacks } from '../look-back.js'
import type { FactOf, RouteReader } from '../route-reader.js'
import { AWAITED, MINUTE_MS } from '../schedule.js'
import { paginate } from './paginate.js'
import { mergeParties, type Party } from './parties.js'
import { pageSizeOf, readList, roundUpToSecond, sendRequest } from './request.js'
import { factEnvelope, idOf, numberOf, rawOf, type SourceRow } from './row.js'

/**
 * Held calls that are due are awaited, since reading /calls releases them, and so are ended calls that were not listed
 * yet. A call in progress may have lost its end; after some silence it is requested by its id instead.
 */
const AWAITED_CALLS = `(
  exists (
    select from held_calls h where account = $1 and started_at > $2 - interval '${AWAITED.longestCall}'
      and coalesce(ended_at, held_at) <= $2 - ${GRACE_MS} * interval '1 ms'
      and not exists (select from events e where e.account = h.account and e.kind = 'call' and e.entity = h.call_id)
  ) or exists (
    select from call_history c
    where account = $1 and started_at between $2 - interval '${AWAITED.nearWindow}' and $2
      and last_event_at > $2 - interval '${AWAITED.giveUpAfter}'
      and (state = 'ended' or last_event_at between $2 - interval '${AWAITED.silence}'
        and $2 - interval '${AWAITED.listedAfter}')
      and not exists (
        select from events e where e.account = c.account and e.kind = 'call' and e.entity = c.call_id
          and e.type = 'call.reported' and e.fields ->> 'route' = 'calls'
      )
  )
)`

/**
 * Lists the calls that began in the interval, once they have ended. Completeness relies on it: an hour counts as read
 * when this route was read for all of it (reconcile/gaps/count-hours.ts).
 */
export const callsReader: RouteReader = {
  route: 'calls',
  schedule: {
    busyMs: 30 * MINUTE_MS,
    quietMs: HOUR_MS,
    awaited: { everyMs: 4.5 * MINUTE_MS, condition: AWAITED_CALLS }
  },
  lookBacks: callLookBacks,
  history: { beforeMs: MINUTE_MS, afterMs: 0 },
  linksTo: [],
  changes: { 'call.reported': { comparedWith: 'same-route' } },
  scopes: () => [null],
  async *read(context, { from, until }) {
    const portionAt = async (start: number, size: number) => {
      const answered = await sendRequest(context, calls, {
        query: { startUtc: from, endUtc: roundUpToSecond(until), skip: start, pageSize: size }
      })
      return {
        ...readList(answered.body.calls, { list: 'calls', idOf: row => row.id }, answered, context),
        start,
        size,
        total: answered.body.total ?? null
      }
    }
    for await (const { slice, newRows, unreadable } of paginate(pageSizeOf(context), portionAt))
      yield {
        facts: slice.rows.flatMap(([row, source]) => callFact(row, source) ?? []),
        unlinked: [],
        rows: newRows,
        unreadable
      }
  }
}

export type CallRow = ResponseOf<typeof calls>['calls'][number]
type Called = NonNullable<CallRow['called']>[number]
type Direction = CallReported['direction']

/** A row of /calls (source: MightyCall API v4, Calls). Null when its id cannot be stored. */
export function callFact(row: CallRow, source: SourceRow): FactOf<CallReported> | null {
  const callId = idOf(row.id)
  if (callId === null) return null
  const direction = directionOf(row)
  const client = clientOf(row, direction)
  const clientNumber = numberOf(client?.phone, source)
  return {
    ...factEnvelope('call.reported', source),
    callId,
    route: 'calls',
    direction,
    status: statusOf(row, direction),
    businessNumber: numberOf(row.businessNumber, source),
    clientNumber,
    // the name of a site widget may stand in the place of a number
    clientName: cleanName(client?.name) ?? (clientNumber === null ? cleanName(client?.phone) : null),
    startedAt: toIsoOrNull(row.dateTimeUtc),
    durationSeconds: row.duration ?? null,
    parties: partiesOf(row, direction),
    recordingId: null, // only in the part of the link that expires
    recordingLink: parseRecordingLink(row.callRecord?.uri),
    raw: rawOf(source)
  }
}

/**
 * A call is internal when all of its parties have extensions. MightyCall has no direction for a callback: it is an
 * outgoing call from a client to agents.
 */
function directionOf({ direction, caller, called }: CallRow): Direction {
  const isToAgents = called?.length ? called.every(party => party.extension) : false
  if (caller?.extension && isToAgents) return 'internal'
  if (direction === 'Incoming') return 'inbound'
  if (direction !== 'Outgoing') return null
  return isToAgents && caller?.phone ? 'callback' : 'outbound'
}

/** The party without an extension; an agent may have a phone number too. A caller with only a name is an agent. */
function clientOf({ caller, called }: CallRow, direction: Direction): Pick<Called, 'name' | 'phone'> | null {
  const calling = caller && !caller.extension ? caller : null
  if (direction === 'inbound') return calling
  return called?.find(party => !party.extension) ?? (calling?.phone ? calling : null)
}

/** MightyCall calls an outbound call missed too; it was not answered. */
function statusOf({ callStatus }: CallRow, direction: Direction): CallReported['status'] {
  switch (callStatus) {
    case 'Connected':
      return 'connected'
    case 'VoiceMail':
      return 'voicemail'
    case 'Dropped':
      return 'dropped'
    case 'Canceled':
      return 'canceled'
    case 'Missed':
      return direction === 'inbound' ? 'missed' : 'no-answer'
    case null:
    case undefined:
      return null
    default:
      return callStatus satisfies never
  }
}

function partiesOf(row: CallRow, direction: Direction): CallReported['parties'] {
  const called = row.called ?? []
  const isTalk = row.callStatus === 'Connected' || called.some(party => party.isConnected)
  const first = called.find(party => party.isFirstConnected) ?? called.find(party => party.isConnected)
  const ours = called.map(
    (party): Party => ({
      ...party,
      role: 'called',
      connected: party.isConnected ?? false,
      first: party === first && direction !== 'outbound'
    })
  )
  // an outbound call counts as answered by its caller, an internal call by the colleague
  return mergeParties(
    row.caller
      ? [{ ...row.caller, role: 'caller', connected: isTalk, first: isTalk && direction === 'outbound' }, ...ours]
      : ours
  )
}
