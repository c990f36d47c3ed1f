import type { Account } from '../../accounts/accounts.js'
import { RestAuthError } from '../../errors.js'

export interface Credentials {
  baseUrl: string
  apiKey: string
  userKey: string
}

/** @throws RestAuthError  there are none, or they fit into no header; says which, and not what they are */
export function credentialsOf ({ apiKey, baseUrl, userKeys, kind }: Account, extension: string): Credentials {
  if (apiKey === null) throw new RestAuthError('there is no apiKey')
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new RestAuthError('the apiKey is not of ASCII')
  const userKey = Object.hasOwn(userKeys, extension) ? userKeys[extension] : undefined
  // A classic user who has not turned on "sign-in by key" signs in by the extension (source: MightyCall's support pages).
  if (userKey === undefined && kind !== 'classic') throw new RestAuthError('an extension has no user key')
  return { baseUrl, apiKey, userKey: userKey ?? extension }
}
