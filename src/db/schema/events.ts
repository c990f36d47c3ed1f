import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { at, bytea } from './columns.js'

/**
 * Every event once, for ever: read models are folded from here, and rebuilds read nothing else. Written only by project/store-events.ts;
 * project/reclassify.ts takes away what has a type now, and stores it again. A restore fills it when it is empty.
 * drizzle has no word for partitions: the migration makes 16 by hash of (account, entity).
 */
export const events = pgTable(
  'events',
  {
    account: text('account').notNull(),
    kind: text('kind').notNull(),
    entity: text('entity').notNull(),
    id: uuid('id').notNull(),
    type: text('type').notNull(),
    source: text('source').notNull(),
    occurredAt: at('occurred_at').notNull(),
    receivedAt: at('received_at').notNull(),
    fields: jsonb('fields').notNull(), // the normalized fields that are no columns here
    raw: bytea('raw').notNull(), // what MightyCall sent, without its ApiKey
    rawIsJson: boolean('raw_is_json').notNull()
  },
  t => [
    primaryKey({ columns: [t.account, t.kind, t.entity, t.id] }),
    index('events_received').on(t.account, t.receivedAt, t.id)
  ]
)

/** One row per entity that has events: its lock, and what became of its last fold. Written only by project. */
export const entities = pgTable(
  'entities',
  {
    account: text('account').notNull(),
    kind: text('kind').notNull(),
    entity: text('entity').notNull(),
    foldVersion: integer('fold_version').notNull(),
    failed: text('failed') // why its row is older than its events; null: it is not
  },
  t => [primaryKey({ columns: [t.account, t.kind, t.entity] }), index('entities_failed').on(t.failed)]
)
