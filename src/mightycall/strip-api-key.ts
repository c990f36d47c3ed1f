import { timingSafeEqual } from 'node:crypto'
import { secretDigest } from '../lib/secret-digest.js'

/** Deeper JSON is nobody's notification, and would overflow the stack of everything that walks it. */
export const MAX_DEPTH = 64

export interface Stripped {
  /** Every ApiKey that stood in the value, at any depth. */
  apiKeys: unknown[]
  /** Some number cannot be told from its neighbours: an integer beyond 2^53. */
  inexact: boolean
  tooDeep: boolean
  /** The account's own key stands somewhere else too: inside a text, or in a name. */
  isKeyInText: boolean
}

/**
 * Whose key is looked for. What is made of the key is kept for as long as this object lives, so hand over the same one
 * each time.
 */
export interface KeyHolder {
  /** Null when it is not configured. */
  readonly apiKey: string | null
}

/**
 * Removes each ApiKey member, in any casing and at any depth, from freshly parsed JSON; the key is also the REST API's
 * client id.
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

/** The value with stars in place of the account's key, in every text and name. */
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

/** Blanks what looks like an ApiKey in bytes that do not parse, and the account's own key wherever it stands. */
export function maskKeysInBytes(bytes: Buffer, apiKey: string | null): Buffer {
  const text = bytes
    .toString('latin1') // one character a byte, so that nothing but the key changes
    .replace(
      /(api[-_ ]?key[\s"'\\]{0,8}[:=>][\s"'\\]{0,8})([^\s"'\\,;&}<\]]+)/gi,
      (_match, name: string, key: string) => name + '*'.repeat(key.length)
    )
  if (!apiKey) return Buffer.from(text, 'latin1')
  // In UTF-8 or UTF-16, each character as it is or escaped as JSON allows.
  const pattern = [...Buffer.from(apiKey).toString('latin1')]
    .map(
      char =>
        `(?:${[escapeRegExp(char), unicodeEscape(char.toLowerCase()), unicodeEscape(char.toUpperCase())].join('|')})`
    )
    .join('\\0?')
  return Buffer.from(text.replace(new RegExp(pattern, 'gi'), asterisks), 'latin1')
}

/**
 * True when a key in the body is not the account's: case-blind, in constant time. An absent key is no mismatch, what is
 * no text or number is one.
 */
export function isApiKeyMismatch(apiKeys: unknown[], holder: KeyHolder): boolean {
  const expected = prepareKey(holder)?.digest
  if (!expected) return false
  return apiKeys.some(key => key !== null && !(isTextOrNumber(key) && timingSafeEqual(digestOf(String(key)), expected)))
}

interface Search {
  found: Stripped
  /** Without a case. */
  apiKey: RegExp | null
  /** No shorter text holds it. */
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
  const members = value as Record<string, unknown> // an object that JSON.parse has just made
  for (const key in members) {
    if (isApiKeyName(key)) {
      found.apiKeys.push(members[key])
      // JSON has no such value, so it is gone from what is written; to delete it would make the object slow
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
 * Made once for each account: it would cost more than the search. Weak: after a reload those of the old accounts are
 * gone.
 */
const preparedKeys = new WeakMap<KeyHolder, PreparedKey>()

function prepareKey(holder: KeyHolder): PreparedKey | null {
  if (holder.apiKey === null) return null
  const known = preparedKeys.get(holder)
  if (known) return known
  const made = { pattern: new RegExp(escapeRegExp(holder.apiKey), 'i'), digest: digestOf(holder.apiKey) }
  preparedKeys.set(holder, made)
  return made
}

/** Without a case. */
function digestOf(apiKey: string): Buffer {
  return secretDigest(apiKey.toLowerCase())
}

/** An object may have a toString that is no function. */
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
