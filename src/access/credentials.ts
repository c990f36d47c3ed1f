import { timingSafeEqual } from 'node:crypto'
import type pg from 'pg'
import { storedDigest } from '../lib/secret-digest.js'
import { type ApiKey, isKeyLike, isLive, viewerWith } from './api-key.js'
import { ADMIN, type Viewer } from './viewer.js'

/** Null: it is nobody's, or opens nothing any more. Which of these, nobody is told. */
export interface Credentials {
  byKey: (key: string) => Promise<Viewer | null>
  bySession: (token: string) => Promise<Viewer | null>
}

export interface CredentialsOptions {
  pool: pg.Pool
  /** Null: there is none. */
  adminKey: string | null
  now: () => Date
}

type KeyRow = Pick<ApiKey, 'id' | 'role' | 'account' | 'organization' | 'expiresAt' | 'revokedAt' | 'lastUsedAt'>

const COLUMNS =
  'k.id, k.role, k.account, k.organization, k.expires_at as "expiresAt", k.revoked_at as "revokedAt", k.last_used_at as "lastUsedAt"'
const BY_KEY = `select ${COLUMNS} from api_keys k where k.digest = $1`
const BY_SESSION = `select s.key_digest as "keyDigest", ${COLUMNS} from sessions s left join api_keys k on k.digest = s.key_digest where s.digest = $1 and s.expires_at > $2`
const NOTE_USE =
  "update api_keys set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at <= $2::timestamptz - interval '1 min')"
const NOTE_EVERY_MS = 60_000

/**
 * Whose a key or a session is. Asked of the database each time, by a unique index: a key that is revoked opens nothing
 * from that moment,
 * in any process. A cache would save a tenth of a millisecond, and keep a stolen key alive for as long as it remembers.
 */
export function createCredentials({ pool, adminKey, now }: CredentialsOptions): Credentials {
  const adminDigest = adminKey === null ? null : storedDigest(adminKey)
  const isAdmin = (digest: Buffer) => adminDigest !== null && timingSafeEqual(adminDigest, digest)

  function viewerOf(key: KeyRow | undefined): Viewer | null {
    const at = now()
    if (!key || !isLive(key, at)) return null
    // Nobody waits for it, and one that is not kept refuses nobody.
    if (key.lastUsedAt === null || at.getTime() - key.lastUsedAt.getTime() >= NOTE_EVERY_MS)
      pool.query(NOTE_USE, [key.id, at]).catch(() => {})
    return viewerWith(key)
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
      return viewerOf(row?.id ? row : undefined) // ADMIN_KEY was another one then
    }
  }
}
