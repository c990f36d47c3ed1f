import { isUtf8 } from 'node:buffer'
import type { UnclassifiedReason } from '../events/unclassified.js'
import { isObject, parseJson, quoteLargeIntegers, withoutTrailingCommas } from '../lib/json.js'
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

/**
 * Parses a body in UTF-8 and removes its ApiKey. Returns the reason when the body is not a usable object. The examples
 * in the documentation of MightyCall end with a comma before the last brace: such a body is read like one without it.
 */
export function readJson(body: Buffer, account: KeyHolder): StrippedJson | UnclassifiedReason {
  if (!isUtf8(body)) return 'not-json' // decoding would replace bytes, and different bodies would merge
  const text = body.toString()
  const parsed = parseExactly(text) ?? parseExactly(withoutTrailingCommas(text))
  if (parsed === null) return 'not-json'
  const { apiKeys, inexact, tooDeep, isKeyInText } = stripApiKeys(parsed.value, account)
  if (tooDeep) return 'too-deep'
  const value = isKeyInText && account.apiKey ? maskKeyInStrings(parsed.value, account.apiKey) : parsed.value
  const isKeptAsBytes = inexact || parsed.hasLargeIntegers
  return isObject(value) ? { value, apiKeys, isKeptAsBytes, inexact } : 'not-an-object'
}

/** Parses JSON whose large integers are read as strings. Returns null when the text is not JSON. */
function parseExactly(text: string): { value: unknown; hasLargeIntegers: boolean } | null {
  const exactText = quoteLargeIntegers(text)
  const value = parseJson(exactText)
  const hasLargeIntegers = exactText !== text
  return value === undefined || (hasLargeIntegers && parseJson(text) === undefined) ? null : { value, hasLargeIntegers }
}
