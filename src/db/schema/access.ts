import { sql } from 'drizzle-orm'
import { bigint, index, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { at, bytea } from './columns.js'

export const KEY_ROLES = ['platform_admin', 'org_admin', 'viewer'] as const

/** Whom business numbers belong to, within one account. Written only by access. */
export const organizations = pgTable(
  'organizations',
  {
    id: uuid('id').primaryKey(),
    account: text('account').notNull(),
    name: text('name').notNull(),
    createdAt: at('created_at').notNull()
  },
  t => [index('organizations_account').on(t.account, t.name, t.id)]
)

/** Whose a business number was, from when to when: spans of one number never overlap. Written only by access. */
export const numberOwnerships = pgTable(
  'number_ownerships',
  {
    account: text('account').notNull(),
    number: text('number').notNull(), // E.164
    ownedFrom: at('owned_from').notNull(),
    ownedUntil: at('owned_until'), // null: to this day
    organization: uuid('organization').notNull()
  },
  t => [
    primaryKey({ columns: [t.account, t.number, t.ownedFrom] }),
    index('number_ownerships_organization').on(t.organization, t.number)
  ]
)

/** Keys of the API. The key itself is shown once, and is nowhere. Written only by access. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid('id').primaryKey(),
    digest: bytea('digest').notNull().unique('api_keys_digest'), // sha-256 of the key
    label: text('label').notNull(),
    role: text('role').notNull(), // one of KEY_ROLES
    account: text('account'), // null: all accounts
    organization: uuid('organization'), // null: not bound to one
    createdAt: at('created_at').notNull(),
    createdBy: text('created_by').notNull(),
    expiresAt: at('expires_at'), // null: never
    revokedAt: at('revoked_at'), // null: it is not
    lastUsedAt: at('last_used_at') // to the minute; null: never
  },
  t => [index('api_keys_created').on(t.createdAt, t.id)]
)

/** Browsers that have signed in with a key: they may do what the key may, as long as it may. Written only by access. */
export const sessions = pgTable(
  'sessions',
  {
    digest: bytea('digest').primaryKey(), // sha-256 of the cookie
    keyDigest: bytea('key_digest').notNull(), // of the key that signed in: one of api_keys, or of ADMIN_KEY
    createdAt: at('created_at').notNull(),
    expiresAt: at('expires_at').notNull()
  },
  t => [index('sessions_key').on(t.keyDigest), index('sessions_expires').on(t.expiresAt)]
)

/** Who did what and when. Written only by access; never changed. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    at: at('at').notNull(),
    actor: text('actor').notNull(), // id of the key; 'admin': ADMIN_KEY; 'command line': a command; 'nobody': a sign-in that failed
    // key.created, key.revoked, organization.created, settings.changed, dead-letter.redriven, …
    action: text('action').notNull(),
    account: text('account'), // null: of no single account
    subject: text('subject'), // what it was done to: an id, never a secret
    details: jsonb('details').notNull().default(sql`'{}'`)
  },
  t => [index('audit_log_at').on(t.at, t.id), index('audit_log_account').on(t.account, t.at, t.id)]
)

/** What was set at run time, which wins over the configuration. Written only by settings. */
export const settings = pgTable(
  'settings',
  {
    account: text('account').notNull(),
    name: text('name').notNull(),
    value: jsonb('value').notNull(),
    updatedAt: at('updated_at').notNull(),
    updatedBy: text('updated_by').notNull()
  },
  t => [primaryKey({ columns: [t.account, t.name] })]
)
