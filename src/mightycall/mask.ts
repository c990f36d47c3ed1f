import { MAX_NAME_LENGTH } from '../events/envelope.js'
import { cleanName } from '../events/text.js'

const MAX_SCALAR = 60
const MAX_SHAPE = 200
const MAX_DEPTH = 4

/** Telephone numbers in any writing: four digits or more, with at most three signs from one to the next. */
const DIGITS = /\p{Nd}(?:[^\p{L}\p{Nd}]{0,3}\p{Nd}){3,}/gu
/** Keys, GUIDs and other ids, which are hexadecimal, in any of their usual writings. */
const HEXADECIMAL = /(?=[a-f-]*\d)[\da-f](?:-?[\da-f]){11,}/gi

/**
 * A name that a sender chose, of at most 100 characters, `#` for what may be a number or a key in it. Null when nothing
 * is left.
 */
export function maskName(name: unknown): string | null {
  if (typeof name !== 'string' && typeof name !== 'number') return null
  return cleanName(
    String(name)
      .slice(0, 2 * MAX_NAME_LENGTH)
      .replace(HEXADECIMAL, '#')
      .replace(DIGITS, '#')
  )
}

/**
 * What a value looks like, without its letters and digits: `+00000000000`, `{Name: xxxx, Wait: 00}`. At most 200
 * characters, a scalar 60.
 */
export function shapeOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return maskText(value)
  if (typeof value === 'number') return maskText(String(value))
  if (typeof value !== 'object' || value === null) return String(value)
  if (depth === MAX_DEPTH) return Array.isArray(value) ? '[…]' : '{…}'
  if (Array.isArray(value))
    return value.length === 0 ? '[]' : truncate(`[${shapeOf(value[0], depth + 1)}${value.length > 1 ? ', …' : ''}]`)
  return truncate(`{${describeMembers(value, depth + 1)}}`)
}

function describeMembers(object: object, depth: number): string {
  let text = ''
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue // an ApiKey was here
    text += `${text === '' ? '' : ', '}${maskName(name) ?? '?'}: ${shapeOf(value, depth)}`
    if (text.length > MAX_SHAPE) break
  }
  return text
}

function maskText(text: string): string {
  return text
    .slice(0, MAX_SCALAR)
    .toWellFormed()
    .replaceAll('\u0000', '\uFFFD')
    .replace(/[\p{L}\p{M}]/gu, 'x')
    .replace(/\p{N}/gu, '0')
}

function truncate(text: string): string {
  return text.length <= MAX_SHAPE ? text : `${text.slice(0, MAX_SHAPE - 1).toWellFormed()}…`
}
