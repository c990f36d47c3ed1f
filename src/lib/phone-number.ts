import { type CountryCode, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/min'

// A number is usable when libphonenumber calls it possible, by the metadata "min": its length is one that its country
// has. Validity is not required. By "min" it fails numbers in use (+1 555 937 1200, which MightyCall documents), and
// any metadata ages: a number of a new range would silently become one that cannot be called back.

const E164 = /^\+[1-9]\d{6,14}$/

/** What a person dials: digits, `+`, `*` and `#` with the usual separators, and nothing else. */
const DIALED = /^[+*#(]*\d[\d\s().*#\p{Pd}]*$/u

/** Matches `ext. 5`, `x5`, `extension 5`, `;ext=5` and `,,5` after a number. */
const EXTENSION = /\s*(?:[,;]\s*)*(?:(?:ext(?:ension|n)?|x)[.:=\s]*|,\s*)\d{1,9}#?$/i

/** Shorter ones are extensions and short codes, which libphonenumber completes to numbers in some countries. */
const MIN_DIGITS = 7

/**
 * The words that networks send in place of a withheld number, spelled on a telephone keypad: ANONYMOUS, RESTRICTED,
 * BLOCKED, UNKNOWN and UNAVAILABLE. Some of them have a possible length.
 */
const WITHHELD = new Set(['266696687', '7378742833', '17378742833', '2562533', '8566696', '86282452253'])

/** The prefixes of international calls. libphonenumber knows which of them a country uses. */
const INTERNATIONAL_PREFIXES = ['00', '001', '011']

const MAX_REMEMBERED = 10_000

export function isE164(text: string): boolean {
  return E164.test(text)
}

/** Returns whether a text consists of what a person dials, such as `911`, `*67` or `020 7946 0123`. */
export function isDialed(text: string): boolean {
  return DIALED.test(text)
}

/**
 * Returns a party without what surrounds it: invisible characters, a display name, and the scheme, host and parameters
 * of a URI. Full-width characters become ASCII.
 */
export function unwrapParty(text: string): string {
  const plain = text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
  const address = /^(?:"[^"]*"|[^<>"]*)\s*<\s*([^<>]+?)\s*>[^<>]*$/.exec(plain)?.[1] ?? plain
  const uri = /^(?:tel|callto|sips?)\s*:(?:\/\/)?(.*)$/is.exec(address)?.[1]
  return uri === undefined
    ? address
    : decodeUri(uri)
        .replace(/[@;].*$/s, '')
        .trim()
}

/** Returns the text of a number without its extension: `202 555 0123` for `202 555 0123 ext. 5`. */
export function withoutExtension(text: string): string {
  return text.replace(EXTENSION, '')
}

/**
 * Reads a telephone number in any notation, and returns it in E.164 format. Null when it is not a possible number: a
 * number is never completed to one that nobody dialed.
 *
 * @param region  the country of numbers without a country code; it also decides which prefix is international
 */
export const readPhoneNumber = remembering((text: string, region: CountryCode): string | null => {
  const number = withoutExtension(unwrapParty(text))
  const digits = number.replace(/\D/g, '')
  if (digits.length < MIN_DIGITS || WITHHELD.has(digits)) return null
  const parsed = parsePhoneNumberFromString(number, { defaultCountry: region, extract: false })
  return parsed !== undefined && isUsable(parsed) ? parsed.number : null
})

/** Returns whether a number can be called back: it is E.164, possible, and not a word for a withheld number. */
export const isCallable = remembering((number: string): boolean => {
  if (!isE164(number)) return false
  const parsed = parsePhoneNumberFromString(number, { extract: false })
  return parsed !== undefined && isUsable(parsed)
})

/**
 * Returns the numbers that a text may stand for in a search. People also paste the international prefix of another
 * country, so each prefix is tried in every region: a reading that no row has changes no result.
 */
export function phoneNumberReadings(text: string, regions: readonly CountryCode[]): string[] {
  const digits = withoutExtension(unwrapParty(text)).replace(/\D/g, '')
  const abroad = INTERNATIONAL_PREFIXES.filter(prefix => digits.startsWith(prefix)).map(
    prefix => `+${digits.slice(prefix.length)}`
  )
  return [...new Set(regions.flatMap(region => [text, ...abroad].flatMap(one => readPhoneNumber(one, region) ?? [])))]
}

/**
 * The length is all that isPossible checks. No subscriber has only zeros, and no area code of +1 begins with 0 or 1.
 */
function isUsable(parsed: PhoneNumber): boolean {
  const { number, nationalNumber, countryCallingCode } = parsed
  if (!parsed.isPossible() || WITHHELD.has(number.slice(1)) || /^0+$/.test(nationalNumber)) return false
  return countryCallingCode !== '1' || !/^[01]/.test(nationalNumber)
}

function decodeUri(uri: string): string {
  try {
    return decodeURIComponent(uri)
  } catch {
    return uri
  }
}

/** Parsing takes 60 µs, and all notifications of a call have the same two numbers. */
function remembering<A extends string[], R>(compute: (...args: A) => R): (...args: A) => R {
  const known = new Map<string, { result: R }>()
  return (...args) => {
    const key = args.join('\n')
    const found = known.get(key)
    if (found) return found.result
    const result = compute(...args)
    if (known.size >= MAX_REMEMBERED) known.clear()
    known.set(key, { result })
    return result
  }
}
