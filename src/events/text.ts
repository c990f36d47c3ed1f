import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { MAX_NAME_LENGTH, MAX_TEXT_LENGTH } from './envelope.js'

const E164 = /^\+[1-9]\d{6,14}$/
const DIALLED = /^\+?[\d\s().-]{7,25}$/

/**
 * Returns a name that Postgres and every JSON parser accept: without U+0000 and lone surrogates, trimmed, and cut off
 * after 100 characters. Returns null when nothing is left.
 */
export function cleanName(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null
  return clean(String(value).trim(), MAX_NAME_LENGTH)
}

/** Like `cleanName`, for text that a person wrote: white space is kept, and the limit is 20,000 characters. */
export function cleanText(value: unknown): string | null {
  return typeof value === 'string' ? clean(value, MAX_TEXT_LENGTH) : null
}

/** Returns a party of a call: E.164 for a telephone number, otherwise the extension or the widget name as received. */
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
