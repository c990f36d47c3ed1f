import { stripApiKeys, blankInTexts } from '../../mightycall/strip-api-key.js'
import { isObject } from '../../mightycall/read-json.js'
import type { Told } from '../routes/row.js'

/** More is kept nowhere: what a fold needs has been read of it, and a row with all contacts of a client is ten times that. */
const MAX_LENGTH = 8192

/** Contacts as MightyCall found them for the row, which come by a route of their own. */
const RESOLVED = new Set(['resolvedContacts', 'resolvedExternalContacts', 'latestResolvedExternalContact'])

/**
 * The row as it came, for `raw`: without the ApiKey, and of links without what expires or holds keys.
 * Empty when it is no object, larger than 8 KiB, or nested too deeply to be written down.
 */
export function rawOf ({ raw, account }: Pick<Told, 'raw' | 'account'>): Record<string, unknown> {
  if (!isObject(raw)) return {}
  const { tooDeep, elsewhere } = stripApiKeys(raw, account)
  if (tooDeep) return {}
  const kept = withoutExpiring(elsewhere && account.apiKey ? blankInTexts(raw, account.apiKey) : raw)
  return isObject(kept) && JSON.stringify(kept).length <= MAX_LENGTH ? kept : {}
}

function withoutExpiring (value: unknown): unknown {
  if (typeof value === 'string') return /^https?:/i.test(value) ? value.replace(/[?#].*$/s, '') : value
  if (Array.isArray(value)) return value.map(withoutExpiring)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).flatMap(([name, member]) => RESOLVED.has(name) ? [] : [[name, withoutExpiring(member)]]))
}
