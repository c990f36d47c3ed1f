import { createHash } from 'node:crypto'
import Type from 'typebox'
import { InvalidParameterError } from '../../errors.js'
import { canonical } from '../../events/identity.js'
import { isDay, parseInstant, parseInstantOrDay } from '../../lib/instant.js'

/** What every list takes. */
export const listParameters = {
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50, description: 'Rows of one page.' }),
  cursor: Type.Optional(
    Type.String({ maxLength: 1000, description: 'The nextCursor of the page before, with the same filter.' })
  ),
  since: Type.Optional(
    Type.String({
      maxLength: 40,
      description: 'From this instant on (RFC 3339), or from the start of this day (2026-11-23) where the account is.'
    })
  ),
  until: Type.Optional(Type.String({ maxLength: 40, description: 'Before this instant or day.' }))
}

/** Of resources that can be asked for as they were. */
export const asOfParameter = Type.Optional(
  Type.String({ maxLength: 40, description: 'As it was at this instant (RFC 3339), or at the start of this day.' })
)

/** A parameter that may be repeated; repeated means or. */
export const anyOf = <T extends Type.TSchema>(item: T, description: string) =>
  Type.Optional(Type.Array(item, { maxItems: 50, description }))

export type Keyset = readonly string[]

/** Opaque to clients: the place after the last row, and which filter it belongs to. */
export function encodeCursor(filter: object, keyset: Keyset): string {
  return Buffer.from(JSON.stringify([hashOf(filter), ...keyset])).toString('base64url')
}

/**
 * Of a list whose order begins with an instant.
 * @throws InvalidParameterError  it is none of ours, or belongs to another filter
 */
export function decodeCursor(filter: object, cursor: string, length: number): Keyset {
  const keyset = decodeTextCursor(filter, cursor, length)
  if (parseInstant(keyset[0]) === null) throw notACursor()
  return keyset
}

/**
 * Of a list in the order of texts.
 * @throws InvalidParameterError  it is none of ours, or belongs to another filter
 */
export function decodeTextCursor(filter: object, cursor: string, length: number): Keyset {
  const [hash, ...keyset] = parse(cursor)
  if (hash !== hashOf(filter))
    throw new InvalidParameterError('the cursor belongs to another filter: start again without it')
  if (keyset.length !== length) throw notACursor()
  return keyset
}

/**
 * The keyset, if a UUID stands at that place of it.
 * @throws InvalidParameterError  none does
 */
export function uuidIn(keyset: Keyset, at: number): Keyset {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(keyset[at] ?? '')) throw notACursor()
  return keyset
}

/**
 * An instant, or the start of a day in the time zone of the accounts that are asked for.
 * @throws InvalidParameterError  neither RFC 3339 nor a date, or a date that begins at different instants in them
 */
export function instantOf(name: string, text: string | undefined, zones: readonly string[]): Date | null {
  if (text === undefined) return null
  // without accounts there is no zone
  const [millis = parseInstantOrDay(text), ...others] = isDay(text)
    ? new Set(zones.map(zone => parseInstantOrDay(text, zone)))
    : []
  if (millis === null || others.includes(null))
    throw new InvalidParameterError(
      `${name} must be an instant like 2026-11-23T08:00:00Z or a day like 2026-11-23, of the years 1 to 9999 in UTC`
    )
  if (others.length > 0)
    throw new InvalidParameterError(
      `${name} is another instant in each of the accounts' time zones: name one account, or send an instant`
    )
  return new Date(millis)
}

function parse(cursor: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(parts) && parts.every(part => typeof part === 'string' && !part.includes('\u0000'))) return parts
  } catch {
    // said below
  }
  throw notACursor()
}

function notACursor(): Error {
  return new InvalidParameterError('cursor is none of ours: send a nextCursor as it was')
}

function hashOf(filter: object): string {
  return createHash('sha256').update(canonical(filter)).digest('base64url').slice(0, 16)
}
