import { includesRole, type Viewer } from '../access/viewer.js'
import { ForbiddenError, InvalidParameterError } from '../errors.js'
import { ADMIN_KINDS, LIVE_KINDS, type LiveKind } from './readers.js'

/** What a client wants to receive. */
export interface Interest {
  viewer: Viewer
  kinds: readonly LiveKind[]
  /** `null` for all accounts that the viewer may see. */
  accounts: readonly string[] | null
}

/** The credential of a client: a key, or the session of a browser. */
export interface ClientCredential {
  id: string
  /** Called at each heartbeat. */
  isStillValid: () => Promise<boolean>
}

/**
 * @param options.kinds  separated by commas; undefined for all that the viewer may see
 * @throws InvalidParameterError  a kind does not exist
 * @throws ForbiddenError         the viewer may not see a kind
 */
export function interestOf(
  viewer: Viewer,
  { kinds, account }: { kinds?: string | undefined; account?: readonly string[] | undefined }
): Interest {
  const isAdmin = includesRole(viewer.role, 'platform_admin')
  const named = kinds?.split(',').map(kind => LIVE_KINDS.find(known => known === kind) ?? refuseKind())
  if (named?.some(kind => ADMIN_KINDS.includes(kind)) && !isAdmin) throw new ForbiddenError('platform_admin')
  return {
    viewer,
    kinds: named ?? LIVE_KINDS.filter(kind => isAdmin || !ADMIN_KINDS.includes(kind)),
    accounts: account ? [...new Set(account)].sort() : null
  }
}

function refuseKind(): never {
  throw new InvalidParameterError(`kinds must be of ${LIVE_KINDS.join(', ')}, separated by commas`)
}

/** Viewers with the same key see the same rows. */
export const viewerScopeKey = ({ role, account, organization }: Viewer): string =>
  JSON.stringify([role, account, organization])

export const interestKey = ({ viewer, kinds, accounts }: Interest): string =>
  JSON.stringify([viewerScopeKey(viewer), kinds, accounts])

/** Whether the client may want a change of this account; `''` stands for all accounts. */
export function coversAccount({ viewer, accounts }: Interest, account: string): boolean {
  return (
    account === '' ||
    ((viewer.account === null || viewer.account === account) && (accounts === null || accounts.includes(account)))
  )
}

/** Viewers who see the same rows, and the objects that were sent to them. */
export interface Scope {
  viewer: Viewer
  /** Whether an object, visible or not, is to be sent to the scope. */
  isDeliverable: (key: string, isThere: boolean) => boolean
}

const MAX_REMEMBERED = 10_000

/**
 * The deletion of an object is sent to scopes that see every id of the account. A scope of one organization is sent
 * only deletions of objects that it was sent before, as far as they are remembered: an object of another organization
 * is not visible to it either, and its id must not leak.
 */
export function createScope(viewer: Viewer): Scope {
  const sent = new Set<string>()
  return {
    viewer,
    isDeliverable: (key, isThere) => {
      if (viewer.organization === null) return true
      const wasSent = sent.delete(key)
      if (!isThere) return wasSent
      sent.add(key)
      if (sent.size > MAX_REMEMBERED)
        for (const oldest of sent) {
          sent.delete(oldest)
          break
        }
      return true
    }
  }
}
