import { randomBytes } from 'node:crypto'
import { ForbiddenError, InvalidParameterError } from '../errors.js'
import { storedDigest } from '../lib/secret-digest.js'
import { isEnough, type KeyRole, type Viewer } from './viewer.js'

/** A key, as far as it may be shown. */
export interface ApiKey {
  id: string
  label: string
  role: KeyRole
  /** Null: all accounts. */
  account: string | null
  /** Null: all of the account. */
  organization: string | null
  createdAt: Date
  createdBy: string
  /** Null: never. */
  expiresAt: Date | null
  /** Null: it is not. */
  revokedAt: Date | null
  /** Null: never. */
  lastUsedAt: Date | null
}

/** The prefix tells a scanner of leaked secrets what it has found. */
const PREFIX = 'mcs_'
const KEY = /^mcs_[A-Za-z0-9_-]{43}$/

/** 32 random bytes. */
export function newKey(): { key: string; digest: Buffer } {
  const key = PREFIX + randomBytes(32).toString('base64url')
  return { key, digest: storedDigest(key) }
}

/** Whether it can be one of ours at all: what cannot is not looked up. */
export function isKeyLike(text: string): boolean {
  return KEY.test(text)
}

/** Whether somebody is a key of api_keys, and not one by configuration. */
export function isKeyId(actor: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(actor)
}

/** Whether it still opens anything. */
export function isLive({ expiresAt, revokedAt }: Pick<ApiKey, 'expiresAt' | 'revokedAt'>, now: Date): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now)
}

export function viewerWith({
  id,
  role,
  account,
  organization
}: Pick<ApiKey, 'id' | 'role' | 'account' | 'organization'>): Viewer {
  return { actor: id, role, account, organization }
}

/** What a key may do, and where. */
export interface KeyScope {
  role: KeyRole
  account: string | null
  organization: string | null
}

/** Undefined: as wide as the creator's. */
export interface AskedScope {
  role: KeyRole
  account?: string | null | undefined
  organization?: string | null | undefined
}

/**
 * The scope of a key that the creator wants made: never wider than the creator's own.
 * @throws ForbiddenError         it would be
 * @throws InvalidParameterError  there is no such scope
 */
export function scopeOfNewKey(creator: Viewer, asked: AskedScope): KeyScope {
  const scope = {
    role: asked.role,
    account: asked.account ?? creator.account,
    organization: asked.organization ?? creator.organization
  }
  if (!isEnough(creator.role, 'org_admin') || !isEnough(creator.role, scope.role)) throw new ForbiddenError(scope.role)
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
