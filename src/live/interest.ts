import { isEnough, type Viewer } from '../access/viewer.js'
import { ForbiddenError, InvalidParameterError } from '../errors.js'
import { ADMIN_KINDS, LIVE_KINDS, type LiveKind } from './readers.js'

/** What a client wants of what it may see. */
export interface Interest {
  viewer: Viewer
  kinds: readonly LiveKind[]
  /** Null: all that the viewer may see. */
  accounts: readonly string[] | null
}

/** By what a client was let in: a key, or the session of a browser. */
export interface Holder {
  id: string
  /** Asked at each heartbeat. */
  isStillValid: () => Promise<boolean>
}

/**
 * @param kinds  separated by commas; undefined: all that the viewer may see
 * @throws InvalidParameterError  there is no such kind
 * @throws ForbiddenError         a kind is named that the viewer may not see
 */
export function interestOf(
  viewer: Viewer,
  { kinds, account }: { kinds?: string | undefined; account?: readonly string[] | undefined }
): Interest {
  const isAdmin = isEnough(viewer.role, 'platform_admin')
  const named = kinds?.split(',').map(kind => LIVE_KINDS.find(known => known === kind) ?? refuse())
  if (named?.some(kind => ADMIN_KINDS.includes(kind)) && !isAdmin) throw new ForbiddenError('platform_admin')
  return {
    viewer,
    kinds: named ?? LIVE_KINDS.filter(kind => isAdmin || !ADMIN_KINDS.includes(kind)),
    accounts: account ? [...new Set(account)].sort() : null
  }
}

function refuse(): never {
  throw new InvalidParameterError(`kinds must be of ${LIVE_KINDS.join(', ')}, separated by commas`)
}

/** Viewers with the same scope see the same rows. */
export const scopeOf = ({ role, account, organization }: Viewer): string =>
  JSON.stringify([role, account, organization])

export const interestKey = ({ viewer, kinds, accounts }: Interest): string =>
  JSON.stringify([scopeOf(viewer), kinds, accounts])

/** Whether a change of this account may concern the client at all; '' is of no single account. */
export function concerns({ viewer, accounts }: Interest, account: string): boolean {
  return (
    account === '' ||
    ((viewer.account === null || viewer.account === account) && (accounts === null || accounts.includes(account)))
  )
}

/** Viewers who see the same rows. */
export interface Scope {
  viewer: Viewer
  /** Whether to send an object that is there for it, or is not. */
  shows: (key: string, isThere: boolean) => boolean
}

const REMEMBERED = 10_000

/**
 * That an object is gone is told to whoever may see every id of the account. A scope that is bound to an organization
 * is told so only of
 * what it was sent before, as far as that is remembered: another organization's object is not there for it either, and
 * its id is none of its business.
 */
export function createScope(viewer: Viewer): Scope {
  const sent = new Set<string>()
  return {
    viewer,
    shows: (key, isThere) => {
      if (viewer.organization === null) return true
      const wasSent = sent.delete(key)
      if (!isThere) return wasSent
      sent.add(key)
      if (sent.size > REMEMBERED)
        for (const oldest of sent) {
          sent.delete(oldest)
          break
        }
      return true
    }
  }
}
