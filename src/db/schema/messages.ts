import { sql } from 'drizzle-orm'
import { boolean, doublePrecision, index, jsonb, pgTable, pgView, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { at, searchText, trigrams } from './columns.js'
import { contribution } from './reports.js'

export const TRANSCRIPT_STATES = ['not-performed', 'silence', 'ready', 'failed'] as const
export const MESSAGE_STATES = ['pending', 'sent', 'failed', 'received', 'unconfirmed'] as const

/** One row per voicemail. Written only by src/project/models/voicemails.ts; a pure function of its events. */
export const voicemailLogs = pgTable(
  'voicemail_logs',
  {
    account: text('account').notNull(),
    voicemailId: text('voicemail_id').notNull(),
    callId: text('call_id'), // null when unknown
    businessNumber: text('business_number'),
    clientNumber: text('client_number'),
    clientName: text('client_name'),
    leftAt: at('left_at').notNull(),
    durationSeconds: doublePrecision('duration_seconds'),
    assignedTo: text('assigned_to'),
    read: boolean('read'), // null when unknown
    transcriptState: text('transcript_state', { enum: TRANSCRIPT_STATES }),
    transcriptText: text('transcript_text'),
    recordingId: text('recording_id'),
    recordingLink: text('recording_link'), // without the parameters that expire
    removedAt: at('removed_at'),
    contribution: contribution()
  },
  t => [
    primaryKey({ columns: [t.account, t.voicemailId] }),
    index('voicemail_logs_left').on(t.leftAt, t.account, t.voicemailId),
    index('voicemail_logs_call').on(t.account, t.callId),
    index('voicemail_logs_client').on(t.clientNumber, t.leftAt, t.account, t.voicemailId),
    index('voicemail_logs_business_number').on(t.businessNumber, t.leftAt, t.account, t.voicemailId),
    index('voicemail_logs_read').on(t.read, t.leftAt, t.account, t.voicemailId),
    index('voicemail_logs_search').using('gin', trigrams(searchText(t.clientName, t.clientNumber, t.transcriptText)))
  ]
)

/** One row per SMS or MMS. Written only by src/project/models/messages.ts; a pure function of its events. */
export const smsLogs = pgTable(
  'sms_logs',
  {
    account: text('account').notNull(),
    messageId: text('message_id').notNull(),
    threadId: uuid('thread_id'), // derived from both numbers; null when one of them is unknown
    direction: text('direction', { enum: ['inbound', 'outbound'] }), // null when unknown
    businessNumber: text('business_number'),
    clientNumber: text('client_number'),
    clientName: text('client_name'),
    extension: text('extension'), // of the agent who wrote the message
    text: text('text'),
    attachments: jsonb('attachments').notNull(), // [{ fileName, sizeBytes, contentType }]
    sentAt: at('sent_at').notNull(),
    state: text('state', { enum: MESSAGE_STATES }).notNull(),
    read: boolean('read'), // null when unknown
    removedAt: at('removed_at'),
    contribution: contribution()
  },
  t => [
    primaryKey({ columns: [t.account, t.messageId] }),
    index('sms_logs_sent').on(t.sentAt, t.account, t.messageId),
    index('sms_logs_thread').on(t.threadId, t.sentAt.desc(), t.messageId.desc()),
    index('sms_logs_client').on(t.clientNumber, t.sentAt, t.account, t.messageId),
    index('sms_logs_business_number').on(t.businessNumber, t.sentAt, t.account, t.messageId),
    index('sms_logs_state').on(t.state, t.direction, t.sentAt, t.account, t.messageId),
    index('sms_logs_extension').on(t.extension, t.sentAt, t.account, t.messageId).where(sql`extension is not null`),
    index('sms_logs_unread').on(t.threadId).where(sql`direction = 'inbound' and read = false and removed_at is null`),
    index('sms_logs_search').using('gin', trigrams(searchText(t.clientName, t.clientNumber, t.text)))
  ]
)

/**
 * One row per conversation between a business number and a client: the newest message that was not removed, and the
 * number of unread ones.
 */
export const smsThreads = pgView('sms_threads', {
  account: text('account').notNull(),
  threadId: uuid('thread_id').notNull(),
  businessNumber: text('business_number').notNull(),
  clientNumber: text('client_number').notNull(),
  clientName: text('client_name'),
  lastMessageId: text('last_message_id').notNull(),
  lastMessageAt: at('last_message_at').notNull(),
  unread: doublePrecision('unread').notNull()
}).as(sql`select distinct on (m.thread_id) m.account, m.thread_id, m.business_number, m.client_number, m.client_name, \
m.message_id as last_message_id, m.sent_at as last_message_at,
  (count(*) filter (where m.direction = 'inbound' and m.read is false) \
over (partition by m.thread_id))::float8 as unread
  from sms_logs m where m.thread_id is not null and m.removed_at is null \
order by m.thread_id, m.sent_at desc, m.message_id desc`)
