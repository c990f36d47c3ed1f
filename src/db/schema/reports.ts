import { date, integer, jsonb, numeric, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

/**
 * What a row has added to mightycall_reports, so that its difference can be moved when the row changes: see
 * project/reports.ts.
 */
export const contribution = () => jsonb('contribution').notNull().default([])

/**
 * Sums by the account's local day, business number and extension: '' sums calls, voicemails and messages, an extension
 * its legs.
 * Always equal to the sum of the contributions that the rows keep. Written only by project/reports.ts.
 */
export const reports = pgTable(
  'mightycall_reports',
  {
    account: text('account').notNull(),
    reportDate: date('report_date').notNull(),
    businessNumber: text('business_number').notNull(), // '': unknown
    extension: text('extension').notNull(),
    calls: integer('calls').notNull(), // or legs
    answered: integer('answered').notNull(),
    missed: integer('missed').notNull(), // or agents' legs that ended unanswered
    abandoned: integer('abandoned').notNull(),
    voicemails: integer('voicemails').notNull(),
    outbound: integer('outbound').notNull(), // or dialers' legs
    messagesIn: integer('messages_in').notNull(),
    messagesOut: integer('messages_out').notNull(),
    talkSeconds: numeric('talk_seconds', { precision: 16, scale: 3 }).notNull(),
    waitSeconds: numeric('wait_seconds', { precision: 16, scale: 3 }).notNull()
  },
  t => [
    primaryKey({ name: 'mightycall_reports_pk', columns: [t.account, t.reportDate, t.businessNumber, t.extension] })
  ]
)
