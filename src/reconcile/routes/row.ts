import type { Account } from '../../accounts/accounts.js'
import type { EventType } from '../../events/event.js'
import { readId } from '../../events/external-id.js'
import { cleanName, normalizeParty } from '../../events/text.js'
import { isObject } from '../../lib/json.js'
import { isDialed } from '../../lib/phone-number.js'
import { maskKeyInStrings, stripApiKeys } from '../../mightycall/strip-api-key.js'

/** Where a fact comes from. */
export interface SourceRow {
  account: Account
  /** When MightyCall responded. */
  at: Date
  /** The row as it was received. */
  raw: unknown
}

/** The common fields of a fact. It occurs when MightyCall reports it, whatever times the row has. */
export function factEnvelope<T extends EventType>(type: T, { account, at }: SourceRow) {
  return {
    type,
    account: account.id,
    occurredAt: at.toISOString(),
    receivedAt: at.toISOString(),
    source: 'rest' as const
  }
}

/** An id or extension as events have it; null when there is none. */
export function idOf(value: string | null | undefined): string | null {
  return readId(value)
}

/** E.164, or what was dialed when it is not; null for anything else, such as the name of a site widget. */
export function numberOf(value: string | null | undefined, { account }: SourceRow): string | null {
  const party = normalizeParty(value, account.region)
  return party !== null && isDialed(party) ? party : null
}

/** The name of a person, from its parts. */
export function fullName(...parts: (string | null | undefined)[]): string | null {
  return cleanName(parts.flatMap(part => cleanName(part) ?? []).join(' '))
}

/** A row with all contacts of a client is ten times as long, and what a fold needs of it is in the fact. */
const MAX_LENGTH = 8192

/** The contacts that MightyCall adds to a row; they have a route of their own. */
const RESOLVED = new Set(['resolvedContacts', 'resolvedExternalContacts', 'latestResolvedExternalContact'])

/**
 * The row as it was received, for `raw`, without the ApiKey and without the parts of links that expire or hold keys.
 * Empty when it is not an object, larger than 8 KiB, or nested too deeply.
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
