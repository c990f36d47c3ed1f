import { and, or, type SQL, sql } from 'drizzle-orm'
import Type from 'typebox'
import { InvalidParameterError } from '../../errors.js'
import { cleanName } from '../../events/text.js'
import { phoneNumberReadings, unwrapParty, withoutExtension } from '../../lib/phone-number.js'
import type { QueryContext } from './query-context.js'

/** Fewer make no trigram, by which the index finds a text. */
const MIN_LENGTH = 3

/** A word of Chinese, Japanese or Korean has often two characters. It is found without the index. */
const SHORT_WORD = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]{2}$/u

/** A number, or a part of one, as it is written or pasted. */
const NUMBER = /^[+\d\s()./*#\p{Pd}]+$/u

export const searchParameter = (through: string) =>
  Type.Optional(
    Type.String({
      minLength: 2,
      maxLength: 100,
      description:
        `Search in ${through}: a phone number in any format or a part of it, or words or parts of words of at least ` +
        `${MIN_LENGTH} characters, 2 in Chinese, Japanese and Korean. Case is ignored.`
    })
  )

/** What must be found: one text of each group. */
export type Search = readonly (readonly string[])[]

/**
 * A number is looked for by its digits, and as each region would complete it; anything else word by word.
 * @throws InvalidParameterError  it has no word that is long enough
 */
export function parseSearch(q: string | undefined, { regions }: Pick<QueryContext, 'regions'>): Search | null {
  if (q === undefined) return null
  const text = (cleanName(q) ?? '').normalize('NFC')
  const number = withoutExtension(unwrapParty(text))
  const digits = number.replace(/\D/g, '')
  if (NUMBER.test(number) && digits.length >= MIN_LENGTH)
    return [withoutLonger([digits, text, ...phoneNumberReadings(text, regions)])]
  const words = text.trim().split(/\s+/).map(formsOf)
  if (!words.some(([visible]) => visible.length >= MIN_LENGTH || SHORT_WORD.test(visible)))
    throw new InvalidParameterError(`q must contain a word or number of at least ${MIN_LENGTH} characters`)
  return words.map(forms => [...new Set(forms.filter(word => word !== '').flatMap(casesOf))])
}

/** A word as it is, and without the invisible characters that come with text that was copied. */
function formsOf(word: string): [visible: string, asPasted: string] {
  return [word.replace(/\p{Cf}/gu, ''), word]
}

/**
 * Whether a text holds what is looked for; its index needs the very text that it was made of.
 * @param parts  of the table that have indexes of their own, if there is not one of all of it
 */
export function textMatches(text: SQL, search: Search | null, parts: readonly SQL[] = []): SQL | undefined {
  const found = (word: string) => sql`${text} ilike ${`%${word.replace(/[\\%_]/g, '\\$&')}%`}`
  return search
    ? and(
        ...search.map(words =>
          or(...words.flatMap(word => (parts.length > 0 ? parts.map(part => and(part, found(word))) : found(word))))
        )
      )
    : undefined
}

/** The same of a text that is in no table. */
export function matchesSearch(text: string, search: Search | null): boolean {
  const lower = text.normalize('NFC').toLowerCase()
  return search?.every(words => words.some(word => lower.includes(word.toLowerCase()))) ?? true
}

/** Where one holds another, the shorter finds all that the longer would. */
function withoutLonger(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text, i, all) => !all.some((shorter, j) => i !== j && text.includes(shorter)))
}

/** In the C locale, which the embedded server has, ilike knows the case of ASCII only. */
function casesOf(word: string): string[] {
  const [lower, upper] = [word.toLowerCase(), word.toUpperCase()]
  return /^[\0-\x7f]*$/.test(word) ? [word] : [...new Set([word, lower, upper, upper.slice(0, 1) + lower.slice(1)])]
}
