import { sql } from 'drizzle-orm'
import { doublePrecision, index, integer, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core'
import { at, searchText, trigrams } from './columns.js'
import { contribution } from './reports.js'

/** One row per call. Written only by project/calls.ts; a pure function of the call's events. */
export const callHistory = pgTable(
  'call_history',
  {
    account: text('account').notNull(),
    callId: text('call_id').notNull(),
    direction: text('direction').notNull(), // inbound | outbound | callback | internal
    state: text('state').notNull(), // waiting | ringing | connected | ended
    // answered | missed | abandoned | unanswered | voicemail | dropped | canceled; null: not ended
    outcome: text('outcome'),
    businessNumber: text('business_number'),
    clientNumber: text('client_number'),
    clientName: text('client_name'), // a site widget's, which has no number, or the client's as reported
    startedAt: at('started_at').notNull(),
    answeredAt: at('answered_at'),
    endedAt: at('ended_at'),
    waitSeconds: doublePrecision('wait_seconds'),
    talkSeconds: doublePrecision('talk_seconds'),
    answeredBy: text('answered_by'), // the extension that talked first
    lastEventAt: at('last_event_at').notNull(), // the last sign of life: an open call without one for long is stale
    recordingId: text('recording_id'),
    recordingLink: text('recording_link'), // without what expires
    webhookEvents: integer('webhook_events').notNull(), // distinct events, by how we learned them
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
    index('call_history_talk').on(t.talkSeconds).where(sql`talk_seconds is not null`),
    index('call_history_search')
      .using('gin', trigrams(searchText(t.clientName, t.clientNumber)))
      .where(sql`state = 'ended'`) // of ended calls only: written with every event it more than doubled the time that a call's row takes
  ]
)

/** One row per attempt to reach an extension within a call. Written only by project/calls.ts. */
export const callLegs = pgTable(
  'call_legs',
  {
    account: text('account').notNull(),
    callId: text('call_id').notNull(),
    extension: text('extension').notNull(), // '': MightyCall did not say which
    attempt: smallint('attempt').notNull(), // 1, 2, … of this extension in this call
    role: text('role').notNull(), // agent | dialer
    ringingAt: at('ringing_at'),
    connectedAt: at('connected_at'),
    endedAt: at('ended_at'),
    result: text('result') // answered | unanswered; null: still open
  },
  t => [
    primaryKey({ columns: [t.account, t.callId, t.extension, t.attempt] }),
    index('call_legs_extension').on(t.extension, t.account, t.callId)
  ]
)
