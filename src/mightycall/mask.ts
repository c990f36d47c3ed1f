import { MAX_NAME_LENGTH } from '../events/envelope.js'
import { cleanName } from '../events/text.js'

const MAX_SCALAR = 60
const MAX_SHAPE = 200
const MAX_DEPTH = 4

/** Matches telephone numbers in any notation: four or more digits with up to three other characters between them. */
const DIGITS = /\p{Nd}(?:[^\p{L}\p{Nd}]{0,3}\p{Nd}){3,}/gu
/** Matches keys, GUIDs and other hexadecimal ids in their usual notations. */
const HEXADECIMAL = /(?=[a-f-]*\d)[\da-f](?:-?[\da-f]){11,}/gi

/**
 * Masks a name that a sender chose: at most 100 characters, with `#` for anything that may be a number or a key.
 * Returns `null` when nothing is left.
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
 * Describes the shape of a value without its letters and digits: `+00000000000`, `{Name: xxxx, Wait: 00}`. At most 200
 * characters, 60 for a scalar.
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
    if (value === undefined) continue // stripApiKeys sets an ApiKey to undefined
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
