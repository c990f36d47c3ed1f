import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { MAX_NAME_LENGTH, MAX_TEXT_LENGTH } from './envelope.js'

const E164 = /^\+[1-9]\d{6,14}$/
const DIALLED = /^\+?[\d\s().-]{7,25}$/

/**
 * Text that Postgres and every JSON parser take: no U+0000, no half of a surrogate pair; at most 100 characters. Null
 * when nothing is left.
 */
export function cleanName(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null
  return clean(String(value).trim(), MAX_NAME_LENGTH)
}

/** The same for what a person wrote, of at most 20,000 characters: its white space stays. */
export function cleanText(value: unknown): string | null {
  return typeof value === 'string' ? clean(value, MAX_TEXT_LENGTH) : null
}

/** A party of a call: E.164 when it is a telephone number, otherwise the extension or the widget's name as it is. */
export function normalizeParty(value: unknown, region: CountryCode): string | null {
  const name = cleanName(value)
  if (name === null || E164.test(name) || !DIALLED.test(name)) return name
  return parsePhoneNumberFromString(name, region)?.number ?? name
}

export function isE164(party: string): boolean {
  return E164.test(party)
}

function clean(dirty: string, maxLength: number): string | null {
  const text = dirty.toWellFormed().replaceAll('\u0000', '\uFFFD')
  if (text === '') return null
  return text.length <= maxLength ? text : text.slice(0, maxLength).toWellFormed()
}
