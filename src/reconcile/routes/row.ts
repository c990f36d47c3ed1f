import type { Account } from '../../accounts/accounts.js'
import { MAX_NAME_LENGTH } from '../../events/envelope.js'
import type { EventType } from '../../events/event.js'
import { cleanName, isE164, normalizeParty } from '../../events/text.js'

/** A row of an answer, besides what was read of it. */
export interface Told {
  account: Account
  /** When MightyCall answered. */
  at: Date
  /** As it came. */
  raw: unknown
}

/** The fields that every finding begins with: it is so since MightyCall said it, whatever times the row has of its own. */
export function beginningOf<T extends EventType> (type: T, { account, at }: Told) {
  return { type, account: account.id, occurredAt: at.toISOString(), receivedAt: at.toISOString(), source: 'rest' as const }
}

/** Null when there is none, or it would have to be cut and might be another's then. */
export function idOf (value: string | null | undefined): string | null {
  return value && value.length <= MAX_NAME_LENGTH ? cleanName(value) : null
}

/** E.164, or the digits of what is no telephone number; null for anything else, such as a widget's name. */
export function numberOf (value: string | null | undefined, { account }: Told): string | null {
  const party = normalizeParty(value, account.region)
  return party !== null && (isE164(party) || /^\+?\d+$/.test(party)) ? party : null
}

/** A person's, of its parts. */
export function fullName (...parts: (string | null | undefined)[]): string | null {
  return cleanName(parts.flatMap(part => cleanName(part) ?? []).join(' '))
}

export function isoOf (date: Date | null | undefined): string | null {
  return date?.toISOString() ?? null
}
