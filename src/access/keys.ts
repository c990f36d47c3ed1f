import { randomUUID } from 'node:crypto'
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { apiKeys } from '../db/schema/access.js'
import { inTransaction, type Tx } from '../db/transaction.js'
import { InvalidParameterError, NotFoundError, UnauthorizedError } from '../errors.js'
import { toIsoOrNull } from '../lib/instant.js'
import {
  type ApiKey,
  generateKey,
  isKeyId,
  isUsable,
  type KeyScope,
  type RequestedScope,
  scopeOfNewKey
} from './api-key.js'
import { audit } from './audit-log.js'
import { parseName } from './organizations.js'
import { ofAccount, ofOrganization } from './row-visibility.js'
import type { KeyRole, Viewer } from './viewer.js'

interface NewKey extends RequestedScope {
  /** A name for people. */
  label: string
  /** `null` for never; undefined for the expiry of the creator's key. */
  expiresAt?: Date | null | undefined
}

interface KeyFilter {
  accounts?: readonly string[] | undefined
  organizations?: readonly string[] | undefined
  /** Only the key with this id. */
  id?: string | undefined
}

export interface Keys {
  /**
   * Creates a key. The result is the only place where the key itself appears.
   * @throws ForbiddenError         the scope would be wider than the creator's
   * @throws InvalidParameterError  the scope does not exist, or the key would outlive the creator's
   * @throws NotFoundError          the account is not configured, or does not have this organization
   */
  create: (creator: Viewer, wanted: NewKey) => Promise<ApiKey & { key: string }>
  /** Lists the keys that the viewer may revoke, newest first. */
  list: (
    viewer: Viewer,
    filter: KeyFilter,
    page: { place: readonly string[] | null; limit: number }
  ) => Promise<ApiKey[]>
  /** Revokes a key at once, and ends the sessions that were begun with it. @throws NotFoundError */
  revoke: (viewer: Viewer, id: string) => Promise<ApiKey>
}

const { id, label, role, account, organization, createdAt, createdBy, expiresAt, revokedAt, lastUsedAt } = apiKeys
const SHOWN = { id, label, role, account, organization, createdAt, createdBy, expiresAt, revokedAt, lastUsedAt }
type Row = Omit<ApiKey, 'role'> & { role: string }

export interface KeysOptions {
  pool: pg.Pool
  now: () => Date
  /** The configured accounts. */
  accountIds: () => readonly string[]
}

export function createKeys({ pool, now, accountIds }: KeysOptions): Keys {
  const db = drizzle(pool)
  const list: Keys['list'] = async (viewer, { accounts, organizations, id: only }, { place, limit }) => {
    const rows = await db
      .select(SHOWN)
      .from(apiKeys)
      .where(
        and(
          ofAccount(viewer, account),
          ofOrganization(viewer, organization),
          accounts && inArray(account, [...accounts]),
          organizations && inArray(organization, [...organizations]),
          only === undefined ? undefined : eq(id, only),
          place ? olderThan(place) : undefined
        )
      )
      .orderBy(sql`created_at desc, id desc`)
      .limit(limit)
    return rows.map(toKey)
  }
  return {
    list,
    create: async (creator, wanted) =>
      inTransaction(pool, async tx => {
        const at = now()
        const scope = scopeOfNewKey(creator, wanted)
        if (scope.account !== null && !accountIds().includes(scope.account)) throw new NotFoundError('account')
        if (scope.organization !== null) await requireOrganization(tx, scope)
        const expiresAt = await expiryOf(tx, creator, wanted.expiresAt, at)
        const { key, digest } = generateKey()
        const made: ApiKey = {
          id: randomUUID(),
          label: parseName('label', wanted.label),
          ...scope,
          createdAt: at,
          createdBy: creator.actor,
          expiresAt,
          revokedAt: null,
          lastUsedAt: null
        }
        await tx.query(
          `insert into api_keys (id, digest, label, role, account, organization, created_at, created_by, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          [made.id, digest, made.label, made.role, made.account, made.organization, at, made.createdBy, expiresAt]
        )
        await audit(tx, {
          at,
          actor: creator.actor,
          action: 'key.created',
          account: made.account,
          subject: made.id,
          details: { role: made.role, organization: made.organization, expiresAt: toIsoOrNull(expiresAt) }
        })
        return { ...made, key }
      }),
    revoke: async (viewer, asked) => {
      const [key] = await list(viewer, { id: asked }, { place: null, limit: 1 })
      if (!key) throw new NotFoundError('key')
      return inTransaction(pool, async tx => {
        const at = now()
        const {
          rowCount,
          rows: [row]
        } = await tx.query<{ digest: Buffer }>(
          'update api_keys set revoked_at = $2 where id = $1 and revoked_at is null returning digest',
          [asked, at]
        )
        // without a row it was revoked before, or by another process meanwhile
        if (rowCount === 0) return key.revokedAt ? key : { ...key, revokedAt: at }
        await tx.query('delete from sessions where key_digest = $1', [row?.digest])
        await audit(tx, { at, actor: viewer.actor, action: 'key.revoked', account: key.account, subject: asked })
        return { ...key, revokedAt: at }
      })
    }
  }
}

async function requireOrganization(tx: Tx, { account, organization }: KeyScope): Promise<void> {
  const { rowCount } = await tx.query('select from organizations where id = $1 and account = $2', [
    organization,
    account
  ])
  if (rowCount === 0) throw new NotFoundError('organization')
}

/**
 * A key that expires cannot create one that expires later. Its row is locked, so that a key cannot create another one
 * while it is being revoked.
 */
async function expiryOf(tx: Tx, { actor }: Viewer, asked: Date | null | undefined, now: Date): Promise<Date | null> {
  if (asked && asked <= now) throw new InvalidParameterError('expiresAt must be in the future')
  if (!isKeyId(actor)) return asked ?? null // ADMIN_KEY or the command line
  const {
    rows: [own]
  } = await tx.query<{ expiresAt: Date | null; revokedAt: Date | null }>(
    'select expires_at as "expiresAt", revoked_at as "revokedAt" from api_keys where id = $1 for share',
    [actor]
  )
  if (!own || !isUsable(own, now)) throw new UnauthorizedError()
  if (own.expiresAt === null || asked === undefined) return asked ?? own.expiresAt
  if (asked === null || asked > own.expiresAt)
    throw new InvalidParameterError('expiresAt must not be after that of your own key')
  return asked
}

function olderThan([createdAt, id]: readonly string[]): SQL {
  return sql`(created_at, id) < (${createdAt}::timestamptz, ${id}::uuid)`
}

function toKey({ role, ...row }: Row): ApiKey {
  return { ...row, role: role as KeyRole } // only `create` writes the column
}
