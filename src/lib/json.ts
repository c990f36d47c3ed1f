/** True for a JSON object, which is neither an array nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Parses JSON text that may begin with a byte order mark. Returns undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch {
    return undefined
  }
}

/**
 * Matches a string or a number. A string is matched so that digits in it are skipped. It may be unterminated: a match
 * that required the closing quote would backtrack exponentially in a body that was cut inside a string.
 */
const STRING_OR_NUMBER = /"(?:[^"\\]+|\\.)*"?|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gis

/** Returns JSON text with quotes around the integers that JavaScript would round: `1234567890123456789`. */
export function quoteLargeIntegers(json: string): string {
  if (!/\d{16}/.test(json)) return json
  return json.replace(STRING_OR_NUMBER, token =>
    /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token
  )
}

/** Matches a string, as above, or a comma after a value and before a closing brace or bracket. */
const STRING_OR_TRAILING_COMMA = /"(?:[^"\\]+|\\.)*"?|,(?<=[^\s,:[{]\s*,)(?=\s*[}\]])/gs

/** Returns JSON text without the commas that follow the last member of an object or the last item of an array. */
export function withoutTrailingCommas(json: string): string {
  return json.replace(STRING_OR_TRAILING_COMMA, token => (token === ',' ? '' : token))
}
