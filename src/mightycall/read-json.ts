import { isUtf8 } from 'node:buffer'
import type { UnclassifiedReason } from '../events/unclassified.js'
import { blankInTexts, type KeyHolder, stripApiKeys } from './strip-api-key.js'

export interface ReadJson {
  /** Without the ApiKey. */
  value: Record<string, unknown>
  apiKeys: unknown[]
  /** Some number would not survive JSON.stringify: the bytes are the only true copy. */
  inexact: boolean
}

/** The object in a body, or why there is none. */
export function readJson(body: Buffer, account: KeyHolder): ReadJson | UnclassifiedReason {
  const parsed = parseJson(body)
  if (parsed === undefined) return 'not-json'
  const { apiKeys, inexact, tooDeep, elsewhere } = stripApiKeys(parsed, account)
  if (tooDeep) return 'too-deep'
  const value = elsewhere && account.apiKey ? blankInTexts(parsed, account.apiKey) : parsed
  return isObject(value) ? { value, apiKeys, inexact } : 'not-an-object'
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The parsed value, or undefined. A byte order mark is forgiven; bytes that are no UTF-8 are no JSON, and would merge
 * when replaced.
 */
function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined
  const text = body.toString()
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch {
    return undefined
  }
}
