import { MAX_NAME_LENGTH } from './envelope.js'
import { cleanName } from './text.js'

/**
 * Matches what stands for an absent id: a nil GUID, zeros, -1, and the words that a program prints for nothing. An int
 * that .NET could not leave out is 0.
 */
const MISSING = /^(?:[0-]*|-1|\(?null\)?|undefined|none|nil|nan|n\/a)$/i

/** Matches a GUID in the notations of .NET: with or without braces or hyphens, in any casing. */
const GUID = /^[{(]?([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{32})[)}]?$/i

/** Returns whether a text stands for an absent id or extension. */
export function isMissing(text: string): boolean {
  return MISSING.test(GUID.exec(text)?.[1] ?? text)
}

/**
 * Reads an id that MightyCall gave. Returns null when it is absent, only stands for an absent one, or cannot be kept
 * exactly: ids that were rounded or cut off could be equal. A GUID has no casing, so it is returned in lower case.
 */
export function readId(value: unknown): string | null {
  if (typeof value === 'number' ? !Number.isSafeInteger(value) : typeof value !== 'string') return null
  const id = isTooLongId(value) ? null : cleanName(value)
  return id === null || isMissing(id) ? null : (GUID.exec(id)?.[1]?.toLowerCase() ?? id)
}

export function isTooLongId(value: unknown): boolean {
  return typeof value === 'string' && value.length > MAX_NAME_LENGTH
}

/** Reads an extension, which is cut off when it is too long. Null when none is named: 0 is no extension. */
export function readExtension(value: unknown): string | null {
  const extension = cleanName(value)
  return extension === null || isMissing(extension) ? null : extension
}
