import { isUtf8 } from 'node:buffer'
import type { UnclassifiedReason } from '../events/unclassified.js'
import { isObject, parseJson, quoteLargeIntegers } from '../lib/json.js'
import { type KeyHolder, maskKeyInStrings, stripApiKeys } from './strip-api-key.js'

export interface StrippedJson {
  /** The parsed object without its ApiKey. */
  value: Record<string, unknown>
  apiKeys: unknown[]
  /** True when a number cannot be written again as it was, so that only the bytes are an exact copy. */
  isKeptAsBytes: boolean
  /** True when a number was rounded. Large integers are not: they are read as strings. */
  inexact: boolean
}

/** Parses a body and removes its ApiKey. Returns the reason when the body is not a usable object. */
export function readJson(body: Buffer, account: KeyHolder): StrippedJson | UnclassifiedReason {
  if (!isUtf8(body)) return 'not-json' // decoding would replace bytes, and different bodies would merge
  const text = body.toString()
  const exactText = quoteLargeIntegers(text)
  const parsed = parseJson(exactText)
  if (parsed === undefined || (exactText !== text && parseJson(text) === undefined)) return 'not-json'
  const { apiKeys, inexact, tooDeep, isKeyInText } = stripApiKeys(parsed, account)
  if (tooDeep) return 'too-deep'
  const value = isKeyInText && account.apiKey ? maskKeyInStrings(parsed, account.apiKey) : parsed
  const isKeptAsBytes = inexact || exactText !== text
  return isObject(value) ? { value, apiKeys, isKeptAsBytes, inexact } : 'not-an-object'
}
