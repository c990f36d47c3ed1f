import type { FastifyRequest } from 'fastify'
import type pg from 'pg'
import { type AuditLog, createAuditLog } from './audit-log.js'
import { type AuthenticatorOptions, createAuthenticator } from './authenticator.js'
import { type CredentialsOptions, createCredentials } from './credentials.js'
import { createKeys, type Keys } from './keys.js'
import { createOrganizations, type Organizations } from './organizations.js'
import { createOwnerships, type Ownerships } from './ownerships.js'
import { createSessions, type Sessions } from './sessions.js'
import type { Viewer } from './viewer.js'

/** Authentication and authorization, and the tables behind them. */
export interface Access {
  authenticate: (request: FastifyRequest) => Promise<Viewer>
  keys: Keys
  sessions: Sessions
  organizations: Organizations
  ownerships: Ownerships
  auditLog: AuditLog
  publicUrl: string | null
}

export interface AccessOptions extends CredentialsOptions, Omit<AuthenticatorOptions, 'credentials'> {
  pool: pg.Pool
  /** The configured accounts: a key or an organization of another account cannot be created. */
  accountIds: () => readonly string[]
}

export function createAccess({ pool, now, adminKey, publicUrl, trouble, accountIds }: AccessOptions): Access {
  const credentials = createCredentials({ pool, adminKey, now })
  return {
    authenticate: createAuthenticator({ credentials, publicUrl, trouble }),
    keys: createKeys({ pool, now, accountIds }),
    sessions: createSessions({ pool, credentials, now }),
    organizations: createOrganizations({ pool, now, accountIds }),
    ownerships: createOwnerships({ pool, now }),
    auditLog: createAuditLog({ pool, now }),
    publicUrl
  }
}
