import { ForbiddenError, InvalidParameterError } from '../errors.js'
import { isEnough, type KeyRole, type Viewer } from './viewer.js'

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
export function scopeOfNewKey (creator: Viewer, asked: AskedScope): KeyScope {
  const scope = { role: asked.role, account: asked.account ?? creator.account, organization: asked.organization ?? creator.organization }
  if (!isEnough(creator.role, 'org_admin') || !isEnough(creator.role, scope.role)) throw new ForbiddenError(scope.role)
  const isBeyond = (own: string | null, wanted: string | null) => own !== null && own !== wanted
  if (isBeyond(creator.account, scope.account) || isBeyond(creator.organization, scope.organization)) throw new ForbiddenError('platform_admin')
  if (scope.organization !== null && scope.account === null) throw new InvalidParameterError('account must be given with an organization')
  if (scope.organization === null && scope.role === 'org_admin') throw new InvalidParameterError('organization must be given for the role org_admin')
  if (scope.organization !== null && scope.role === 'platform_admin') throw new InvalidParameterError('organization cannot be given for the role platform_admin')
  return scope
}
