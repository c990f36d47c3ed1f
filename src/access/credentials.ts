import { timingSafeEqual } from 'node:crypto'
import type pg from 'pg'
import { storedDigest } from '../lib/secret-digest.js'
import { type ApiKey, isKeyLike, isUsable, viewerOfKey } from './api-key.js'
import { ADMIN, type Viewer } from './viewer.js'

/** Both resolve with null when the credential is unknown, revoked or expired; the caller cannot tell which. */
export interface Credentials {
  byKey: (key: string) => Promise<Viewer | null>
  bySession: (token: string) => Promise<Viewer | null>
}

export interface CredentialsOptions {
  pool: pg.Pool
  /** `null` when none is configured. */
  adminKey: string | null
  now: () => Date
}

type KeyRow = Pick<ApiKey, 'id' | 'role' | 'account' | 'organization' | 'expiresAt' | 'revokedAt' | 'lastUsedAt'>

const COLUMNS = `k.id, k.role, k.account, k.organization,
  k.expires_at as "expiresAt", k.revoked_at as "revokedAt", k.last_used_at as "lastUsedAt"`
const BY_KEY = `select ${COLUMNS} from api_keys k where k.digest = $1`
const BY_SESSION = `select s.key_digest as "keyDigest", ${COLUMNS}
  from sessions s left join api_keys k on k.digest = s.key_digest where s.digest = $1 and s.expires_at > $2`
const UPDATE_LAST_USE = `update api_keys set last_used_at = $2
  where id = $1 and (last_used_at is null or abs(extract(epoch from $2::timestamptz - last_used_at)) >= 60)`
const LAST_USE_INTERVAL_MS = 60_000

/**
 * Looks up the viewer of a key or a session. Each call queries the database, by a unique index, so that a revoked key
 * is refused from that moment on, in every process. A cache would save 0.1 ms, and keep a stolen key valid for its
 * lifetime.
 */
export function createCredentials({ pool, adminKey, now }: CredentialsOptions): Credentials {
  const adminDigest = adminKey === null ? null : storedDigest(adminKey)
  const isAdmin = (digest: Buffer) => adminDigest !== null && timingSafeEqual(adminDigest, digest)

  function viewerOf(key: KeyRow | undefined): Viewer | null {
    const at = now()
    if (!key || !isUsable(key, at)) return null
    // A time that is ahead is of a clock that has jumped. Nobody waits for this update, and its failure must not refuse
    // the request.
    if (key.lastUsedAt === null || Math.abs(at.getTime() - key.lastUsedAt.getTime()) >= LAST_USE_INTERVAL_MS)
      pool.query(UPDATE_LAST_USE, [key.id, at]).catch(() => {})
    return viewerOfKey(key)
  }

  return {
    byKey: async key => {
      const digest = storedDigest(key)
      if (isAdmin(digest)) return ADMIN
      if (!isKeyLike(key)) return null
      const {
        rows: [row]
      } = await pool.query<KeyRow>(BY_KEY, [digest])
      return viewerOf(row)
    },
    bySession: async token => {
      const {
        rows: [row]
      } = await pool.query<KeyRow & { keyDigest: Buffer }>(BY_SESSION, [storedDigest(token), now()])
      if (row && isAdmin(row.keyDigest)) return ADMIN
      return viewerOf(row?.id ? row : undefined) // without a key, the session was begun with an earlier ADMIN_KEY
    }
  }
}
