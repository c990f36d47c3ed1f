import { randomUUID } from 'node:crypto'
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { apiKeys } from '../db/schema/access.js'
import { inTransaction, type Tx } from '../db/transaction.js'
import { InvalidParameterError, NotFoundError, UnauthorizedError } from '../errors.js'
import { type ApiKey, type AskedScope, isKeyId, isLive, type KeyScope, newKey, scopeOfNewKey } from './api-key.js'
import { audit } from './audit-log.js'
import { nameFrom } from './organizations.js'
import { ofAccount, ofOrganization } from './row-visibility.js'
import type { KeyRole, Viewer } from './viewer.js'

export interface NewKey extends AskedScope {
  /** What people call it. */
  label: string
  /** Null: never. Undefined: with the creator's. */
  expiresAt?: Date | null | undefined
}

export interface KeyFilter {
  accounts?: readonly string[] | undefined
  organizations?: readonly string[] | undefined
  /** Only one. */
  id?: string | undefined
}

export interface Keys {
  /**
   * The key itself is in the answer, and nowhere else.
   * @throws ForbiddenError         it would be wider than the creator's own
   * @throws InvalidParameterError  there is no such scope, or it would outlive the creator's own
   * @throws NotFoundError          the account has no such organization
   */
  create: (creator: Viewer, wanted: NewKey) => Promise<ApiKey & { key: string }>
  /** Newest first, those that the viewer may revoke. */
  list: (
    viewer: Viewer,
    filter: KeyFilter,
    page: { place: readonly string[] | null; limit: number }
  ) => Promise<ApiKey[]>
  /** From this moment it opens nothing, and who has signed in with it is signed out. @throws NotFoundError */
  revoke: (viewer: Viewer, id: string) => Promise<ApiKey>
}

const { id, label, role, account, organization, createdAt, createdBy, expiresAt, revokedAt, lastUsedAt } = apiKeys
const SHOWN = { id, label, role, account, organization, createdAt, createdBy, expiresAt, revokedAt, lastUsedAt }
type Row = Omit<ApiKey, 'role'> & { role: string }

export function createKeys({ pool, now }: { pool: pg.Pool; now: () => Date }): Keys {
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
          place ? behind(place) : undefined
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
        if (scope.organization !== null) await requireOrganization(tx, scope)
        const expiresAt = await expiryOf(tx, creator, wanted.expiresAt, at)
        const { key, digest } = newKey()
        const made: ApiKey = {
          id: randomUUID(),
          label: nameFrom('label', wanted.label),
          ...scope,
          createdAt: at,
          createdBy: creator.actor,
          expiresAt,
          revokedAt: null,
          lastUsedAt: null
        }
        await tx.query(
          'insert into api_keys (id, digest, label, role, account, organization, created_at, created_by, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
          [made.id, digest, made.label, made.role, made.account, made.organization, at, made.createdBy, expiresAt]
        )
        await audit(tx, {
          at,
          actor: creator.actor,
          action: 'key.created',
          account: made.account,
          subject: made.id,
          details: { role: made.role, organization: made.organization, expiresAt: expiresAt?.toISOString() ?? null }
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
        if (rowCount === 0) return key.revokedAt ? key : { ...key, revokedAt: at } // another has done it meanwhile
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
 * A key that ends makes none that lives longer; and its row is locked, so that one that is being revoked makes none.
 */
async function expiryOf(tx: Tx, { actor }: Viewer, asked: Date | null | undefined, now: Date): Promise<Date | null> {
  if (asked && asked <= now) throw new InvalidParameterError('expiresAt must be an instant to come')
  if (!isKeyId(actor)) return asked ?? null // an administrator by configuration, or at the command line
  const {
    rows: [own]
  } = await tx.query<{ expiresAt: Date | null; revokedAt: Date | null }>(
    'select expires_at as "expiresAt", revoked_at as "revokedAt" from api_keys where id = $1 for share',
    [actor]
  )
  if (!own || !isLive(own, now)) throw new UnauthorizedError()
  if (own.expiresAt === null || asked === undefined) return asked ?? own.expiresAt
  if (asked === null || asked > own.expiresAt)
    throw new InvalidParameterError('expiresAt must not be after that of your own key')
  return asked
}

function behind([createdAt, id]: readonly string[]): SQL {
  return sql`(created_at, id) < (${createdAt}::timestamptz, ${id}::uuid)`
}

function toKey({ role, ...row }: Row): ApiKey {
  return { ...row, role: role as KeyRole } // only create writes it
}
