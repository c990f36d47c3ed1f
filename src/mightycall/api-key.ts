import { hash, timingSafeEqual } from 'node:crypto'

/** Deeper JSON is nobody's notification, and would overflow the stack of everything that walks it. */
export const MAX_DEPTH = 64

export interface Stripped {
  /** Every ApiKey that stood in the value, at any depth. */
  apiKeys: unknown[]
  /** Some number cannot be told from its neighbours: an integer beyond 2^53. */
  inexact: boolean
  tooDeep: boolean
}

/** Removes each ApiKey member, in any casing and at any depth, from freshly parsed JSON; the key is also the REST API's client id. */
export function stripApiKeys (value: unknown): Stripped {
  const found: Stripped = { apiKeys: [], inexact: false, tooDeep: false }
  strip(value, 0, found)
  return found
}

/** Blanks what looks like an ApiKey in bytes that do not parse, and the account's own key wherever it stands. */
export function blankApiKeys (bytes: Buffer, apiKey: string | null): Buffer {
  const text = bytes.toString('latin1') // one character a byte, so that nothing but the key changes
    .replace(/(api[-_ ]?key[\s"'\\]{0,8}[:=>][\s"'\\]{0,8})([^\s"'\\,;&}<\]]+)/gi, (_match, name: string, key: string) => name + '*'.repeat(key.length))
  if (!apiKey) return Buffer.from(text, 'latin1')
  const literal = Buffer.from(apiKey).toString('latin1').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return Buffer.from(text.replace(new RegExp(literal, 'gi'), key => '*'.repeat(key.length)), 'latin1')
}

/** True when a key in the body is not the account's: case-blind, in constant time. An absent key is no mismatch. */
export function isMismatch (apiKeys: unknown[], expected: string | null): boolean {
  if (expected === null) return false
  return apiKeys.some(key => key !== null && !timingSafeEqual(digest(String(key)), digest(expected)))
}

function strip (value: unknown, depth: number, found: Stripped): void {
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
    for (const item of value) strip(item, depth + 1, found)
    return
  }
  const members = value as Record<string, unknown> // an object that JSON.parse has just made
  for (const key in members) {
    if (!isApiKeyName(key)) strip(members[key], depth + 1, found)
    else {
      found.apiKeys.push(members[key])
      delete members[key]
    }
  }
}

function isApiKeyName (key: string): boolean {
  return (key.length === 6 || key.length === 7) && /^api[-_ ]?key$/i.test(key)
}

function digest (key: string): Buffer {
  return Buffer.from(hash('sha256', key.toLowerCase()), 'latin1')
}
