import { bulkUpsert, type Columns, unnest } from '../db/unnest.js'
import type { Tx } from '../db/transaction.js'
import type { FoldedCallEvent } from './call-facts.js'
import { type Call, CALL_FOLD_VERSION, foldCall } from './call-fold.js'
import type { Leg } from './call-legs.js'
import type { ReadModel } from './read-model.js'

interface CallRow extends Call {
  account: string
  callId: string
}
type LegRow = Leg & Pick<CallRow, 'account' | 'callId'>

/** `call_history` and `call_legs`. */
export const calls: ReadModel<CallRow> = {
  kind: 'call',
  foldVersion: CALL_FOLD_VERSION,
  fold: ({ entity, events }) => {
    const call = foldCall(events as FoldedCallEvent[]) // an entity of kind call has no other events
    return call && { account: entity.account, callId: entity.entity, ...call }
  },
  write: writeCalls
}

const at = (millis: number | null): string | null => millis === null ? null : new Date(millis).toISOString()

const CALL = bulkUpsert<CallRow>('call_history', ['account', 'call_id'], {
  account: { type: 'text', of: call => call.account },
  call_id: { type: 'text', of: call => call.callId },
  direction: { type: 'text', of: call => call.direction },
  state: { type: 'text', of: call => call.state },
  outcome: { type: 'text', of: call => call.outcome },
  business_number: { type: 'text', of: call => call.businessNumber },
  client_number: { type: 'text', of: call => call.clientNumber },
  client_name: { type: 'text', of: call => call.clientName },
  started_at: { type: 'timestamptz', of: call => at(call.startedAt) },
  answered_at: { type: 'timestamptz', of: call => at(call.answeredAt) },
  ended_at: { type: 'timestamptz', of: call => at(call.endedAt) },
  wait_seconds: { type: 'float8', of: call => call.waitSeconds },
  talk_seconds: { type: 'float8', of: call => call.talkSeconds },
  answered_by: { type: 'text', of: call => call.answeredBy },
  last_event_at: { type: 'timestamptz', of: call => at(call.lastEventAt) },
  webhook_events: { type: 'int', of: call => call.webhookEvents },
  rest_events: { type: 'int', of: call => call.restEvents }
})

const legKey: Columns<LegRow> = {
  account: { type: 'text', of: leg => leg.account },
  call_id: { type: 'text', of: leg => leg.callId },
  extension: { type: 'text', of: leg => leg.extension },
  attempt: { type: 'int2', of: leg => leg.attempt }
}

const LEG = bulkUpsert<LegRow>('call_legs', Object.keys(legKey), {
  ...legKey,
  role: { type: 'text', of: leg => leg.role },
  ringing_at: { type: 'timestamptz', of: leg => at(leg.ringingAt) },
  connected_at: { type: 'timestamptz', of: leg => at(leg.connectedAt) },
  ended_at: { type: 'timestamptz', of: leg => at(leg.endedAt) }
})

/** A late event may show that an attempt never was: $1 and $2 are the calls, the rest the legs that they have now. */
const DELETE_OTHER_LEGS = `delete from call_legs l using unnest($1::text[], $2::text[]) as c (account, call_id)
  where l.account = c.account and l.call_id = c.call_id and not exists (select from ${unnest(legKey, 3)}
    where u.account = l.account and u.call_id = l.call_id and u.extension = l.extension and u.attempt = l.attempt)`

async function writeCalls (tx: Tx, rows: readonly CallRow[]): Promise<void> {
  const legs = rows.flatMap(({ account, callId, legs }) => legs.map(leg => ({ ...leg, account, callId })))
  await tx.query(CALL.text, CALL.values(rows))
  await tx.query(DELETE_OTHER_LEGS, [rows.map(row => row.account), rows.map(row => row.callId), ...LEG.values(legs).slice(0, 4)])
  await tx.query(LEG.text, LEG.values(legs))
}
