import { sql } from 'drizzle-orm'
import { bigint, index, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { at, bytea } from './columns.js'

export const KEY_ROLES = ['platform_admin', 'org_admin', 'viewer'] as const

/** The organizations of an account, to which business numbers belong. Written only by src/access. */
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

/**
 * Which organization owned a business number, and when. Spans of one number never overlap. Written only by src/access.
 */
export const numberOwnerships = pgTable(
  'number_ownerships',
  {
    account: text('account').notNull(),
    number: text('number').notNull(), // E.164
    ownedFrom: at('owned_from').notNull(),
    ownedUntil: at('owned_until'), // null while it is owned
    organization: uuid('organization').notNull()
  },
  t => [
    primaryKey({ columns: [t.account, t.number, t.ownedFrom] }),
    index('number_ownerships_organization').on(t.organization, t.number)
  ]
)

/** API keys. A key is shown once, when it is created, and only its digest is stored. Written only by src/access. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid('id').primaryKey(),
    digest: bytea('digest').notNull().unique('api_keys_digest'), // SHA-256 of the key
    label: text('label').notNull(),
    role: text('role').notNull(), // one of KEY_ROLES
    account: text('account'), // null for all accounts
    organization: uuid('organization'), // null when the key is not limited to one
    createdAt: at('created_at').notNull(),
    createdBy: text('created_by').notNull(),
    expiresAt: at('expires_at'), // null when it never expires
    revokedAt: at('revoked_at'), // null while it is valid
    lastUsedAt: at('last_used_at') // to the minute; null when it was never used
  },
  t => [index('api_keys_created').on(t.createdAt, t.id)]
)

/**
 * Browsers that have signed in with a key. A session has the permissions of its key and ends with it. Written only by
 * src/access.
 */
export const sessions = pgTable(
  'sessions',
  {
    digest: bytea('digest').primaryKey(), // SHA-256 of the cookie
    keyDigest: bytea('key_digest').notNull(), // digest of the key that signed in: one of api_keys, or ADMIN_KEY
    createdAt: at('created_at').notNull(),
    expiresAt: at('expires_at').notNull()
  },
  t => [index('sessions_key').on(t.keyDigest), index('sessions_expires').on(t.expiresAt)]
)

/** The audit log. Rows are never changed. Written only by src/access. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    at: at('at').notNull(),
    // the id of a key, 'admin' (ADMIN_KEY), 'command line' (a command) or 'nobody' (a failed sign-in)
    actor: text('actor').notNull(),
    // key.created, key.revoked, organization.created, settings.changed, dead-letter.redriven, …
    action: text('action').notNull(),
    account: text('account'), // null when the action concerns no single account
    subject: text('subject'), // the id of the object, never a secret
    details: jsonb('details').notNull().default(sql`'{}'`)
  },
  t => [index('audit_log_at').on(t.at, t.id), index('audit_log_account').on(t.account, t.at, t.id)]
)

/** Settings that were changed at run time and override the configuration. Written only by src/accounts. */
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
