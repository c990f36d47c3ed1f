import { isUtf8 } from 'node:buffer'
import type { UnclassifiedReason } from '../events/unclassified.js'
import { isObject, parseJson } from '../lib/json.js'
import { type KeyHolder, maskKeyInStrings, stripApiKeys } from './strip-api-key.js'

export interface StrippedJson {
  /** The parsed object without its ApiKey. */
  value: Record<string, unknown>
  apiKeys: unknown[]
  /** True when a number would change in JSON.stringify, so that only the bytes are an exact copy. */
  inexact: boolean
}

/** Parses a body and removes its ApiKey. Returns the reason when the body is not a usable object. */
export function readJson(body: Buffer, account: KeyHolder): StrippedJson | UnclassifiedReason {
  const parsed = parseBytes(body)
  if (parsed === undefined) return 'not-json'
  const { apiKeys, inexact, tooDeep, isKeyInText } = stripApiKeys(parsed, account)
  if (tooDeep) return 'too-deep'
  const value = isKeyInText && account.apiKey ? maskKeyInStrings(parsed, account.apiKey) : parsed
  return isObject(value) ? { value, apiKeys, inexact } : 'not-an-object'
}

/**
 * Returns undefined for bytes that are not valid UTF-8: decoding would replace them, and different bodies would merge.
 */
function parseBytes(body: Buffer): unknown {
  return isUtf8(body) ? parseJson(body.toString()) : undefined
}
