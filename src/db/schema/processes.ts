import { bigint, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { at } from './columns.js'

/** One row for each process of the service. Written only by src/app/process-record.ts. */
export const processes = pgTable('processes', {
  name: text('name').primaryKey(), // host name and port, so that a restarted process keeps its row
  roles: text('roles').array().notNull(),
  version: text('version').notNull(), // of the package
  startedAt: at('started_at').notNull(),
  seenAt: at('seen_at').notNull(), // the last sign of life
  stoppedAt: at('stopped_at'), // null while it runs, and when it ended without stopping
  spoolRecords: bigint('spool_records', { mode: 'bigint' }), // null when the process has no spool
  spoolBytes: bigint('spool_bytes', { mode: 'bigint' }),
  spoolSetAside: integer('spool_set_aside')
})

/** The alarms of all processes. Written only by src/app/process-record.ts. */
export const alarms = pgTable(
  'alarms',
  {
    process: text('process').notNull(),
    name: text('name').notNull(),
    subject: text('subject').notNull(), // such as the account; '' when the name says it all
    since: at('since').notNull(), // when it was first raised since it was last resolved
    lastSeenAt: at('last_seen_at').notNull(), // when it was last raised
    count: bigint('count', { mode: 'bigint' }).notNull(), // how often it was raised
    resolvedAt: at('resolved_at') // null while it lasts, and always null for an alarm about one event
  },
  t => [primaryKey({ columns: [t.process, t.name, t.subject] })]
)
