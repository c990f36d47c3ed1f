import type { CountryCode } from 'libphonenumber-js/min'
import { isDialed, readPhoneNumber, unwrapParty } from '../lib/phone-number.js'
import { MAX_NAME_LENGTH, MAX_TEXT_LENGTH } from './envelope.js'

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

/**
 * Returns a party of a call: E.164 for a possible telephone number, otherwise what was dialed, or the name of a site
 * widget, as received.
 */
export function normalizeParty(value: unknown, region: CountryCode): string | null {
  const name = cleanName(value)
  if (name === null) return null
  const number = readPhoneNumber(name, region)
  if (number !== null) return number
  const dialed = unwrapParty(name)
  return isDialed(dialed) ? dialed : name
}

function clean(dirty: string, maxLength: number): string | null {
  const text = dirty.toWellFormed().replaceAll('\u0000', '\uFFFD')
  if (text === '') return null
  return text.length <= maxLength ? text : text.slice(0, maxLength).toWellFormed()
}
