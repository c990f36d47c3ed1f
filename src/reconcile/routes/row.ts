import type { Account } from '../../accounts/accounts.js'
import { MAX_NAME_LENGTH } from '../../events/envelope.js'
import type { EventType } from '../../events/event.js'
import { cleanName, isE164, normalizeParty } from '../../events/text.js'
import { isObject } from '../../lib/json.js'
import { maskKeyInStrings, stripApiKeys } from '../../mightycall/strip-api-key.js'

/** A row of an answer, besides what was read of it. */
export interface SourceRow {
  account: Account
  /** When MightyCall answered. */
  at: Date
  /** As it came. */
  raw: unknown
}

/**
 * The fields that every fact begins with: it is so since MightyCall said it, whatever times the row has of its own.
 */
export function factEnvelope<T extends EventType>(type: T, { account, at }: SourceRow) {
  return {
    type,
    account: account.id,
    occurredAt: at.toISOString(),
    receivedAt: at.toISOString(),
    source: 'rest' as const
  }
}

/** Null when there is none, or it would have to be cut and might be another's then. */
export function idOf(value: string | null | undefined): string | null {
  return value && value.length <= MAX_NAME_LENGTH ? cleanName(value) : null
}

/** E.164, or the digits of what is no telephone number; null for anything else, such as a widget's name. */
export function numberOf(value: string | null | undefined, { account }: SourceRow): string | null {
  const party = normalizeParty(value, account.region)
  return party !== null && (isE164(party) || /^\+?\d+$/.test(party)) ? party : null
}

/** A person's, of its parts. */
export function fullName(...parts: (string | null | undefined)[]): string | null {
  return cleanName(parts.flatMap(part => cleanName(part) ?? []).join(' '))
}

export function toIsoOrNull(date: Date | null | undefined): string | null {
  return date?.toISOString() ?? null
}

/**
 * More is kept nowhere: what a fold needs has been read of it, and a row with all contacts of a client is ten times
 * that.
 */
const MAX_LENGTH = 8192

/** Contacts as MightyCall found them for the row, which come by a route of their own. */
const RESOLVED = new Set(['resolvedContacts', 'resolvedExternalContacts', 'latestResolvedExternalContact'])

/**
 * The row as it came, for `raw`: without the ApiKey, and of links without what expires or holds keys.
 * Empty when it is no object, larger than 8 KiB, or nested too deeply to be written down.
 */
export function rawOf({ raw, account }: Pick<SourceRow, 'raw' | 'account'>): Record<string, unknown> {
  if (!isObject(raw)) return {}
  const { tooDeep, isKeyInText } = stripApiKeys(raw, account)
  if (tooDeep) return {}
  const kept = withoutExpiring(isKeyInText && account.apiKey ? maskKeyInStrings(raw, account.apiKey) : raw)
  return isObject(kept) && JSON.stringify(kept).length <= MAX_LENGTH ? kept : {}
}

function withoutExpiring(value: unknown): unknown {
  if (typeof value === 'string') return /^https?:/i.test(value) ? value.replace(/[?#].*$/s, '') : value
  if (Array.isArray(value)) return value.map(withoutExpiring)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (RESOLVED.has(name) ? [] : [[name, withoutExpiring(member)]]))
  )
}
