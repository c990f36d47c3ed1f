import type { Sighting } from '../discovered-extensions.js'
import { iso } from '../facts.js'
import { type ReadModel, table } from '../read-model.js'
import type { Contribution } from '../reports.js'
import { contributionOf } from './contribution.js'
import type { FoldedCallEvent } from './facts.js'
import { CALL_FOLD_VERSION, type Call, foldCall } from './fold.js'
import type { EndedLeg } from './outcome.js'

export interface CallRow extends Call {
  account: string
  callId: string
  contribution: Contribution[]
  sightings: Sighting[]
}
type LegRow = EndedLeg & Pick<CallRow, 'account' | 'callId'>

/** `call_history` and `call_legs`. */
export const calls: ReadModel<CallRow> = {
  kind: 'call',
  liveKind: 'call',
  foldVersion: CALL_FOLD_VERSION,
  fold: ({ entity: { account, entity }, events }, settings) => {
    const own = events as FoldedCallEvent[] // an entity of kind call has no other events
    const call = foldCall(own)
    return (
      call && {
        account,
        callId: entity,
        ...call,
        contribution: contributionOf(call, settings.timeZoneOf(account)),
        sightings: sightingsIn(account, own)
      }
    )
  },
  tables: [
    table<CallRow, CallRow>({
      name: 'call_history',
      entity: 'call_id',
      key: ['account', 'call_id'],
      many: false,
      rowsOf: row => [row],
      columns: {
        account: { type: 'text', of: call => call.account },
        call_id: { type: 'text', of: call => call.callId },
        direction: { type: 'text', of: call => call.direction },
        state: { type: 'text', of: call => call.state },
        outcome: { type: 'text', of: call => call.outcome },
        business_number: { type: 'text', of: call => call.businessNumber },
        client_number: { type: 'text', of: call => call.clientNumber },
        client_name: { type: 'text', of: call => call.clientName },
        started_at: { type: 'timestamptz', of: call => iso(call.startedAt) },
        answered_at: { type: 'timestamptz', of: call => iso(call.answeredAt) },
        ended_at: { type: 'timestamptz', of: call => iso(call.endedAt) },
        wait_seconds: { type: 'float8', of: call => call.waitSeconds },
        talk_seconds: { type: 'float8', of: call => call.talkSeconds },
        answered_by: { type: 'text', of: call => call.answeredBy },
        last_event_at: { type: 'timestamptz', of: call => iso(call.lastEventAt) },
        recording_id: { type: 'text', of: call => call.recordingId },
        recording_link: { type: 'text', of: call => call.recordingLink },
        webhook_events: { type: 'int', of: call => call.webhookEvents },
        rest_events: { type: 'int', of: call => call.restEvents },
        contribution: { type: 'jsonb', of: call => JSON.stringify(call.contribution) }
      }
    }),
    table<CallRow, LegRow>({
      name: 'call_legs',
      entity: 'call_id',
      key: ['account', 'call_id', 'extension', 'attempt'],
      agent: 'extension',
      many: true, // and a late event may show that an attempt never was
      rowsOf: ({ account, callId, legs }) => legs.map(leg => ({ ...leg, account, callId })),
      columns: {
        account: { type: 'text', of: leg => leg.account },
        call_id: { type: 'text', of: leg => leg.callId },
        extension: { type: 'text', of: leg => leg.extension },
        attempt: { type: 'int2', of: leg => leg.attempt },
        role: { type: 'text', of: leg => leg.role },
        ringing_at: { type: 'timestamptz', of: leg => iso(leg.ringingAt) },
        connected_at: { type: 'timestamptz', of: leg => iso(leg.connectedAt) },
        ended_at: { type: 'timestamptz', of: leg => iso(leg.endedAt) },
        result: { type: 'text', of: leg => leg.result }
      }
    })
  ],
  contributionOf: row => row.contribution,
  seenIn: row => row.sightings
}

/** By the events and not by the legs: a leg may vanish when a late event comes, and what was seen stays seen. */
function sightingsIn(account: string, events: readonly FoldedCallEvent[]): Sighting[] {
  return events.flatMap(event => {
    const at = Date.parse(event.occurredAt)
    if (event.type === 'call.reported') return event.parties.map(({ extension }) => ({ account, extension, at }))
    return event.extension === null ? [] : { account, extension: event.extension, at }
  })
}
