import { and, or, type SQL, sql } from 'drizzle-orm'
import Type from 'typebox'
import { InvalidParameterError } from '../../errors.js'
import { cleanName, normalizeParty } from '../../events/text.js'
import { isE164 } from '../../lib/phone-number.js'
import type { QueryContext } from './query-context.js'

/** Fewer make no trigram, by which a text is found. */
const MIN_LENGTH = 3

export const searchParameter = (through: string) =>
  Type.Optional(
    Type.String({
      minLength: MIN_LENGTH,
      maxLength: 100,
      description:
        `Search in ${through}: a phone number in any format or a part of it, or words or parts of words of at least ` +
        `${MIN_LENGTH} characters. Case is ignored.`
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
  const text = cleanName(q) ?? ''
  if (/^[+\d\s().-]+$/.test(text)) {
    const digits = text.replace(/\D/g, '')
    const numbers = regions.flatMap(region => normalizeParty(text, region) ?? []).filter(isE164)
    if (digits.length >= MIN_LENGTH) return [withoutLonger([digits, text, ...numbers])]
  }
  const words = text.split(/\s+/)
  if (!words.some(word => word.length >= MIN_LENGTH))
    throw new InvalidParameterError(`q must contain a word or number of at least ${MIN_LENGTH} characters`)
  return words.map(casesOf)
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
  const lower = text.toLowerCase()
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
