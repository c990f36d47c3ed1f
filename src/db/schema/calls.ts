import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { boolean, doublePrecision, index, integer, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core'
import { at, searchText, trigrams } from './columns.js'
import { contribution } from './reports.js'

export const CALL_DIRECTIONS = ['inbound', 'outbound', 'callback', 'internal'] as const
export const CALL_STATES = ['waiting', 'ringing', 'connected', 'ended'] as const
export const CALL_OUTCOMES = [
  'answered',
  'missed',
  'abandoned',
  'unanswered',
  'voicemail',
  'dropped',
  'canceled'
] as const

/** The outcomes of an inbound call that nobody answered, though the client may have left a voicemail. */
export const MISSED_OUTCOMES = ['missed', 'abandoned', 'voicemail'] as const

/**
 * The condition that somebody has to call the client back, unless a conversation has followed. A partial index is used
 * only when the query contains the same condition, so both the index and the query call this.
 */
export function awaitsReturn(
  call: Record<'clientCallable' | 'lostInTransfer' | 'direction' | 'outcome', SQLWrapper>
): SQL {
  return sql`(${call.clientCallable} and (${call.lostInTransfer}
    or ${call.direction} = 'inbound' and ${call.outcome} in ('missed', 'abandoned', 'voicemail')))`
}

/** The columns that only statistics read. They describe the present, and have no past states. */
export type StatisticsColumn = 'contribution' | 'firstRingAt' | 'transferred' | 'groupId'

/** One row per call. Written only by src/project/models/calls; a pure function of the events of the call. */
export const callHistory = pgTable(
  'call_history',
  {
    account: text('account').notNull(),
    callId: text('call_id').notNull(),
    direction: text('direction', { enum: CALL_DIRECTIONS }).notNull(),
    state: text('state', { enum: CALL_STATES }).notNull(),
    outcome: text('outcome', { enum: CALL_OUTCOMES }), // null until the call has ended
    businessNumber: text('business_number'),
    clientNumber: text('client_number'),
    clientCallable: boolean('client_callable').notNull().default(false), // a possible number, not a withheld one
    clientName: text('client_name'), // as reported, or the name of a site widget, which has no number
    startedAt: at('started_at').notNull(),
    answeredAt: at('answered_at'),
    endedAt: at('ended_at'),
    waitSeconds: doublePrecision('wait_seconds'),
    talkSeconds: doublePrecision('talk_seconds'), // the time in which at least one leg was connected
    lostInTransfer: boolean('lost_in_transfer').notNull().default(false),
    answeredBy: text('answered_by'), // the extension that talked first
    firstRingAt: at('first_ring_at'), // the first ring at an agent; null when unknown
    transferred: boolean('transferred').notNull().default(false), // an agent rang or was connected after the answer
    groupId: text('group_id'), // the ring group or queue, as REST reports it
    lastEventAt: at('last_event_at').notNull(), // the newest event; an open call without one for a long time is stale
    recordingId: text('recording_id'),
    recordingLink: text('recording_link'), // without the parameters that expire
    webhookEvents: integer('webhook_events').notNull(), // distinct events, by source
    restEvents: integer('rest_events').notNull(),
    contribution: contribution()
  },
  t => [
    primaryKey({ columns: [t.account, t.callId] }),
    index('call_history_started').on(t.startedAt, t.account, t.callId),
    index('call_history_call').on(t.callId),
    index('call_history_business_number').on(t.businessNumber, t.startedAt, t.account, t.callId),
    index('call_history_client').on(t.clientNumber, t.startedAt, t.account, t.callId),
    index('call_history_client_name').on(t.clientName).where(sql`client_name is not null`),
    index('call_history_open').on(t.startedAt, t.account, t.callId).where(sql`state <> 'ended'`),
    index('call_history_kind').on(t.direction, t.outcome, t.startedAt, t.account, t.callId),
    index('call_history_recorded')
      .on(t.startedAt, t.account, t.callId)
      .where(sql`recording_id is not null or recording_link is not null`),
    index('call_history_group').on(t.groupId, t.startedAt, t.account, t.callId).where(sql`group_id is not null`),
    index('call_history_talk').on(t.talkSeconds).where(sql`talk_seconds is not null`),
    index('call_history_to_return').on(t.startedAt, t.account, t.callId).where(awaitsReturn(t)),
    index('call_history_lost').on(t.startedAt, t.account, t.callId).where(sql`lost_in_transfer`),
    index('call_history_search')
      .using('gin', trigrams(searchText(t.clientName, t.clientNumber)))
      // maintained for every event, it more than doubled the time to write the row of a call
      .where(sql`state = 'ended'`)
  ]
)

/** One row per attempt to reach an extension within a call. Written only by src/project/models/calls. */
export const callLegs = pgTable(
  'call_legs',
  {
    account: text('account').notNull(),
    callId: text('call_id').notNull(),
    extension: text('extension').notNull(), // '' when MightyCall did not name it
    attempt: smallint('attempt').notNull(), // 1, 2, … of this extension in this call
    role: text('role', { enum: ['agent', 'dialer'] }).notNull(),
    ringingAt: at('ringing_at'),
    connectedAt: at('connected_at'),
    endedAt: at('ended_at'),
    result: text('result', { enum: ['answered', 'unanswered'] }), // null while the leg is open
    answeredElsewhere: boolean('answered_elsewhere').notNull().default(false) // a colleague answered: not missed
  },
  t => [
    primaryKey({ columns: [t.account, t.callId, t.extension, t.attempt] }),
    index('call_legs_extension').on(t.extension, t.account, t.callId)
  ]
)
