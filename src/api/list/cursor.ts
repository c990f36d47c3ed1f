import { createHash } from 'node:crypto'
import { InvalidParameterError } from '../../errors.js'
import { canonical } from '../../events/identity.js'
import { parseInstant } from '../../lib/instant.js'
import { UUID } from './parameters.js'

/** The values of the sort columns of one row, as text. A page continues after the row that has them. */
export type Keyset = readonly string[]

/** The type of a sort column. */
export type KeysetType = keyof typeof IS_READABLE

/** Which texts Postgres can read as a value of the type. */
const IS_READABLE = {
  timestamptz: (text: string) => parseInstant(text) !== null,
  uuid: (text: string) => UUID.test(text),
  bigint: (text: string) => /^[0-9]{1,18}$/.test(text),
  text: () => true
}

/** An opaque text that contains the keyset after which the next page begins, and a hash of the filter. */
export function encodeCursor(filter: object, keyset: Keyset): string {
  return Buffer.from(JSON.stringify([hashOf(filter), ...keyset])).toString('base64url')
}

/**
 * The keyset in a cursor, or null without a cursor.
 *
 * @param types  the types of the sort columns
 * @throws InvalidParameterError  `encodeCursor` did not make the cursor, or made it for another filter
 */
export function decodeCursor(cursor: string | undefined, filter: object, types: readonly KeysetType[]): Keyset | null {
  if (cursor === undefined) return null
  const [hash, ...keyset] = parse(cursor)
  if (hash !== hashOf(filter))
    throw new InvalidParameterError('the cursor belongs to another filter: start again without it')
  if (keyset.length !== types.length || !types.every((type, i) => IS_READABLE[type](keyset[i] ?? '')))
    throw invalidCursor()
  return keyset
}

function parse(cursor: string): string[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    // Postgres text cannot contain U+0000.
    if (Array.isArray(values) && values.every(value => typeof value === 'string' && !value.includes('\u0000')))
      return values
  } catch {
    // not JSON
  }
  throw invalidCursor()
}

function invalidCursor(): Error {
  return new InvalidParameterError('invalid cursor: pass nextCursor back unchanged')
}

function hashOf(filter: object): string {
  return createHash('sha256').update(canonical(filter)).digest('base64url').slice(0, 16)
}
