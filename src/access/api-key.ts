import { randomBytes } from 'node:crypto'
import { ForbiddenError, InvalidParameterError } from '../errors.js'
import { storedDigest } from '../lib/secret-digest.js'
import { includesRole, type KeyRole, type Viewer } from './viewer.js'

/** A key as it may be shown: without the secret and its digest. */
export interface ApiKey {
  id: string
  label: string
  role: KeyRole
  /** `null` for all accounts. */
  account: string | null
  /** `null` for everything in the account. */
  organization: string | null
  createdAt: Date
  createdBy: string
  /** `null` when it does not expire. */
  expiresAt: Date | null
  /** `null` unless it was revoked. */
  revokedAt: Date | null
  /** `null` when it was never used. */
  lastUsedAt: Date | null
}

/** The prefix lets scanners for leaked secrets recognize a key. */
const PREFIX = 'mcs_'
const KEY = /^mcs_[A-Za-z0-9_-]{43}$/

/** Generates a key of 32 random bytes. */
export function generateKey(): { key: string; digest: Buffer } {
  const key = PREFIX + randomBytes(32).toString('base64url')
  return { key, digest: storedDigest(key) }
}

/** Whether the text has the form of a key; anything else is not looked up. */
export function isKeyLike(text: string): boolean {
  return KEY.test(text)
}

/** Whether an actor is a key of the table api_keys, rather than ADMIN_KEY or the command line. */
export function isKeyId(actor: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(actor)
}

/** Whether a key is neither revoked nor expired. */
export function isUsable({ expiresAt, revokedAt }: Pick<ApiKey, 'expiresAt' | 'revokedAt'>, now: Date): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now)
}

export function viewerOfKey({
  id,
  role,
  account,
  organization
}: Pick<ApiKey, 'id' | 'role' | 'account' | 'organization'>): Viewer {
  return { actor: id, role, account, organization }
}

/** The role of a key, and the part of the data in which it holds. */
export interface KeyScope {
  role: KeyRole
  account: string | null
  organization: string | null
}

/** A requested scope; what is undefined is taken from the creator's scope. */
export interface RequestedScope {
  role: KeyRole
  account?: string | null | undefined
  organization?: string | null | undefined
}

/**
 * Resolves the scope of a new key, which is never wider than the scope of its creator.
 * @throws ForbiddenError         the requested scope is wider
 * @throws InvalidParameterError  the combination of role, account and organization does not exist
 */
export function scopeOfNewKey(creator: Viewer, requested: RequestedScope): KeyScope {
  const scope = {
    role: requested.role,
    account: requested.account ?? creator.account,
    organization: requested.organization ?? creator.organization
  }
  if (!includesRole(creator.role, 'org_admin') || !includesRole(creator.role, scope.role))
    throw new ForbiddenError(scope.role)
  const isBeyond = (own: string | null, wanted: string | null) => own !== null && own !== wanted
  if (isBeyond(creator.account, scope.account) || isBeyond(creator.organization, scope.organization))
    throw new ForbiddenError('platform_admin')
  if (scope.organization !== null && scope.account === null)
    throw new InvalidParameterError('account must be given with an organization')
  if (scope.organization === null && scope.role === 'org_admin')
    throw new InvalidParameterError('organization must be given for the role org_admin')
  if (scope.organization !== null && scope.role === 'platform_admin')
    throw new InvalidParameterError('organization cannot be given for the role platform_admin')
  return scope
}
