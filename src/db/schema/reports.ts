import { date, integer, jsonb, numeric, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

/**
 * What a row has added to mightycall_reports, so that the difference can be applied when the row changes. See
 * src/project/models/reports.ts.
 */
export const contribution = () => jsonb('contribution').notNull().default([])

/**
 * Sums by local day of the account, business number and extension. Rows with the extension '' sum calls, voicemails and
 * messages, the others the legs of their extension. Always equal to the sum of the contributions that the rows keep.
 * Written only by src/project/models/reports.ts.
 */
export const reports = pgTable(
  'mightycall_reports',
  {
    account: text('account').notNull(),
    reportDate: date('report_date').notNull(),
    businessNumber: text('business_number').notNull(), // '' when unknown
    extension: text('extension').notNull(),
    calls: integer('calls').notNull(), // or legs
    inbound: integer('inbound').notNull().default(0), // calls only, without the dropped ones
    answered: integer('answered').notNull(), // inbound calls, or agent legs
    missed: integer('missed').notNull(), // or agent legs that ended unanswered, without those answered elsewhere
    abandoned: integer('abandoned').notNull(),
    dropped: integer('dropped').notNull().default(0), // calls only: unanswered and shorter than the setting
    answeredElsewhere: integer('answered_elsewhere').notNull().default(0), // legs only
    voicemails: integer('voicemails').notNull(),
    outbound: integer('outbound').notNull(), // or dialer legs
    outboundAnswered: integer('outbound_answered').notNull().default(0), // calls only
    messagesIn: integer('messages_in').notNull(),
    messagesOut: integer('messages_out').notNull(),
    talkSeconds: numeric('talk_seconds', { precision: 16, scale: 3 }).notNull(),
    waitSeconds: numeric('wait_seconds', { precision: 16, scale: 3 }).notNull(), // of answered inbound calls
    ringSeconds: numeric('ring_seconds', { precision: 16, scale: 3 }).notNull().default('0') // of agent legs
  },
  t => [
    primaryKey({ name: 'mightycall_reports_pk', columns: [t.account, t.reportDate, t.businessNumber, t.extension] })
  ]
)
