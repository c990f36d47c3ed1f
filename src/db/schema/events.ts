import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { at, bytea, EVENT_SOURCES } from './columns.js'

/**
 * Every event, stored once and never expired: read models are folded from this table, and rebuilds read nothing else.
 * Written only by src/project/batch/store-events.ts; src/project/reclassify.ts moves events that have a type by now,
 * and a restore fills the empty table. drizzle cannot express partitions: a migration creates 16 of them by hash of
 * (account, entity).
 */
export const events = pgTable(
  'events',
  {
    account: text('account').notNull(),
    kind: text('kind').notNull(),
    entity: text('entity').notNull(),
    id: uuid('id').notNull(),
    type: text('type').notNull(),
    source: text('source', { enum: EVENT_SOURCES }).notNull(),
    occurredAt: at('occurred_at').notNull(),
    receivedAt: at('received_at').notNull(),
    fields: jsonb('fields').notNull(), // the normalized fields without a column of their own
    raw: bytea('raw').notNull(), // what MightyCall sent, without the ApiKey
    rawIsJson: boolean('raw_is_json').notNull()
  },
  t => [
    primaryKey({ columns: [t.account, t.kind, t.entity, t.id] }),
    index('events_received').on(t.account, t.receivedAt, t.id)
  ]
)

/**
 * One row per entity that has events: the lock of the entity and the result of its last fold. Written only by
 * src/project.
 */
export const entities = pgTable(
  'entities',
  {
    account: text('account').notNull(),
    kind: text('kind').notNull(),
    entity: text('entity').notNull(),
    foldVersion: integer('fold_version').notNull(), // see foldVersionOf in src/project/models/read-models.ts
    failed: text('failed') // `fold` or a SQLSTATE when its rows do not reflect its events, otherwise null
  },
  t => [primaryKey({ columns: [t.account, t.kind, t.entity] }), index('entities_failed').on(t.failed)]
)
