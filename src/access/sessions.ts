import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { inTransaction } from '../db/transaction.js'
import { storedDigest } from '../lib/secret-digest.js'
import { audit } from './audit-log.js'
import type { Credentials } from './credentials.js'
import type { Viewer } from './viewer.js'

/** Fixed, not sliding: a stolen cookie expires with the working day, and requests write nothing. */
export const SESSION_HOURS = 12

interface Session {
  /** The value of the cookie: 32 random bytes. */
  token: string
  viewer: Viewer
  expiresAt: Date
}

export interface Sessions {
  /** Begins a session, or resolves with null when the key is not valid. */
  begin: (key: string) => Promise<Session | null>
  /** When the session expires, or null when it has, or does not exist. */
  expiryOf: (token: string) => Promise<Date | null>
  end: (token: string) => Promise<void>
  /** Records a failed attempt to sign in. */
  recordRefusal: () => Promise<void>
}

export interface SessionsOptions {
  pool: pg.Pool
  credentials: Credentials
  now: () => Date
}

/** Sessions of browsers. What a session may do is decided by its key at each request: see credentials.ts. */
export function createSessions({ pool, credentials, now }: SessionsOptions): Sessions {
  return {
    begin: async key => {
      const viewer = await credentials.byKey(key)
      if (!viewer) return null
      const at = now()
      const token = randomBytes(32).toString('base64url')
      const expiresAt = new Date(at.getTime() + SESSION_HOURS * 3_600_000)
      await inTransaction(pool, async tx => {
        await tx.query('delete from sessions where expires_at <= $1', [at])
        await tx.query('insert into sessions (digest, key_digest, created_at, expires_at) values ($1, $2, $3, $4)', [
          storedDigest(token),
          storedDigest(key),
          at,
          expiresAt
        ])
        await audit(tx, { at, actor: viewer.actor, action: 'session.begun', account: viewer.account, subject: null })
      })
      return { token, viewer, expiresAt }
    },
    expiryOf: async token => {
      const {
        rows: [row]
      } = await pool.query<{ expiresAt: Date }>(
        'select expires_at as "expiresAt" from sessions where digest = $1 and expires_at > $2',
        [storedDigest(token), now()]
      )
      return row?.expiresAt ?? null
    },
    end: async token => {
      const viewer = await credentials.bySession(token)
      await inTransaction(pool, async tx => {
        const { rowCount } = await tx.query('delete from sessions where digest = $1', [storedDigest(token)])
        if (rowCount && viewer)
          await audit(tx, {
            at: now(),
            actor: viewer.actor,
            action: 'session.ended',
            account: viewer.account,
            subject: null
          })
      })
    },
    recordRefusal: async () =>
      audit(pool, { at: now(), actor: 'nobody', action: 'session.refused', account: null, subject: null })
  }
}
