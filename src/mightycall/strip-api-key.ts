import { timingSafeEqual } from 'node:crypto'
import { secretDigest } from '../lib/secret-digest.js'

/** Deeper JSON is not a notification, and would overflow the stack of recursive functions. */
const MAX_DEPTH = 64

export interface Stripped {
  /** The value of every ApiKey member, at any depth. */
  apiKeys: unknown[]
  /** True when a number has lost precision: an integer beyond 2^53. */
  inexact: boolean
  tooDeep: boolean
  /** True when the account's own key also occurs inside a string or a member name. */
  isKeyInText: boolean
}

/** The account whose key is looked for. The prepared key is cached per object, so pass the same object each time. */
export interface KeyHolder {
  /** `null` when no key is configured. */
  readonly apiKey: string | null
}

/**
 * Removes each ApiKey member, in any casing and at any depth, from freshly parsed JSON, which is changed in place. The
 * key is also the client id of the REST API.
 */
export function stripApiKeys(value: unknown, holder: KeyHolder): Stripped {
  const found: Stripped = { apiKeys: [], inexact: false, tooDeep: false, isKeyInText: false }
  strip(value, 0, {
    found,
    apiKey: prepareKey(holder)?.pattern ?? null,
    minLength: holder.apiKey?.length ?? Number.POSITIVE_INFINITY
  })
  return found
}

/** Returns a copy of the value with asterisks for the account's key, in every string and member name. */
export function maskKeyInStrings(value: unknown, apiKey: string): unknown {
  const pattern = new RegExp(escapeRegExp(apiKey), 'gi')
  const blank = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replace(pattern, asterisks)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(blank)
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name.replace(pattern, asterisks), blank(member)])
    )
  }
  return blank(value)
}

/**
 * Masks anything that looks like an ApiKey in bytes that are not JSON, and the account's own key wherever it occurs.
 */
export function maskKeysInBytes(bytes: Buffer, apiKey: string | null): Buffer {
  const text = bytes
    .toString('latin1') // one character per byte, so that only the key changes
    .replace(
      /(api[-_ ]?key[\s"'\\]{0,8}[:=>][\s"'\\]{0,8})([^\s"'\\,;&}<\]]+)/gi,
      (_match, name: string, key: string) => name + '*'.repeat(key.length)
    )
  if (!apiKey) return Buffer.from(text, 'latin1')
  // matches the key in UTF-8 and UTF-16, with each character plain or escaped as in JSON
  const pattern = [...Buffer.from(apiKey).toString('latin1')]
    .map(
      char =>
        `(?:${[escapeRegExp(char), unicodeEscape(char.toLowerCase()), unicodeEscape(char.toUpperCase())].join('|')})`
    )
    .join('\\0?')
  return Buffer.from(text.replace(new RegExp(pattern, 'gi'), asterisks), 'latin1')
}

/**
 * Returns true when a key in the body differs from the account's. Compares case-insensitively and in constant time. A
 * missing key is not a mismatch; a key that is neither a string nor a number is one.
 */
export function isApiKeyMismatch(apiKeys: unknown[], holder: KeyHolder): boolean {
  const expected = prepareKey(holder)?.digest
  if (!expected) return false
  return apiKeys.some(key => key !== null && !(isTextOrNumber(key) && timingSafeEqual(digestOf(String(key)), expected)))
}

interface Search {
  found: Stripped
  /** Matches the account's key, case-insensitive. */
  apiKey: RegExp | null
  /** The length of the key: shorter strings are not searched. */
  minLength: number
}

function strip(value: unknown, depth: number, search: Search): void {
  const { found } = search
  if (typeof value === 'string') {
    if (containsKey(value, search)) found.isKeyInText = true
    return
  }
  if (typeof value === 'number') {
    if (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value)) found.inexact = true
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (depth >= MAX_DEPTH) {
    found.tooDeep = true
    return
  }
  if (Array.isArray(value)) {
    for (const item of value) strip(item, depth + 1, search)
    return
  }
  const members = value as Record<string, unknown> // JSON.parse returns plain objects
  for (const key in members) {
    if (isApiKeyName(key)) {
      found.apiKeys.push(members[key])
      // JSON.stringify omits undefined; `delete` would make the object slow
      members[key] = undefined
      continue
    }
    if (containsKey(key, search)) found.isKeyInText = true
    strip(members[key], depth + 1, search)
  }
}

function isApiKeyName(key: string): boolean {
  return (key.length === 6 || key.length === 7) && /^api[-_ ]?key$/i.test(key)
}

function containsKey(text: string, { apiKey, minLength }: Search): boolean {
  return text.length >= minLength && apiKey !== null && apiKey.test(text)
}

interface PreparedKey {
  pattern: RegExp
  digest: Buffer
}

/**
 * Caches the prepared key of each account, since preparing it costs more than the search. Weak, so that a reload drops
 * the keys of the old account objects.
 */
const preparedKeys = new WeakMap<KeyHolder, PreparedKey>()

function prepareKey(holder: KeyHolder): PreparedKey | null {
  if (holder.apiKey === null) return null
  const known = preparedKeys.get(holder)
  if (known) return known
  const key = { pattern: new RegExp(escapeRegExp(holder.apiKey), 'i'), digest: digestOf(holder.apiKey) }
  preparedKeys.set(holder, key)
  return key
}

/** The digest ignores case. */
function digestOf(apiKey: string): Buffer {
  return secretDigest(apiKey.toLowerCase())
}

/** Excludes objects, whose toString may not be a function. */
function isTextOrNumber(key: unknown): key is string | number {
  return typeof key === 'string' || typeof key === 'number'
}

function asterisks(text: string): string {
  return '*'.repeat(text.length)
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

function unicodeEscape(char: string): string {
  return `\\\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}
