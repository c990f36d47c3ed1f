import { stringify } from 'csv-stringify/sync'
import type { TSchema } from 'typebox'
import { localTime } from '../../lib/local-day.js'
import { isE164 } from '../../lib/phone-number.js'

/** What a spreadsheet takes for the start of a formula: `= + - @`, and the characters that Unicode maps to them. */
const FORMULA_START =
  '[=+\\-@\\uFF1D\\uFF0B\\uFF0D\\uFF20\\uFE62\\uFE63\\uFE66\\uFE6B\\u207A-\\u207C\\u208A-\\u208C\\u2212]'

/**
 * The places where a cell could begin with a formula: at the start of the text, and after any character that separates
 * cells or lines in some dialect, since a file with commas may be opened as one with semicolons or tabs. Spaces,
 * invisible characters and quotes in front of a formula are skipped, because a spreadsheet may remove them.
 */
const FORMULA = new RegExp(
  `(?<=^|[,;|\\t\\r\\n\\v\\f\\u0085\\u2028\\u2029])(?=[\\s\\p{Cf}\\p{Cc}"']*${FORMULA_START})`,
  'gu'
)
const LEADING_SEPARATOR = /^[\t\r\n]/

/** A text with any other character is quoted, so that it stays one cell in every dialect. */
const NEEDS_QUOTES = /[^\w.:+-]/

export interface CsvOptions {
  /** Whether to begin with a byte order mark, without which Excel takes UTF-8 for another encoding. */
  bom: boolean
  /** The time zone in which the times of an item are written, or null for UTC in RFC 3339 format. */
  timeZoneOf: ((item: unknown) => string) | null
}

/**
 * Writes items as lines of RFC 4180. An apostrophe is inserted wherever a text could make a spreadsheet run a formula.
 * A null is an empty cell and a list is JSON.
 */
export function createCsvWriter(
  item: TSchema,
  { bom, timeZoneOf }: CsvOptions
): { header: () => string; lines: (items: readonly unknown[]) => string } {
  const columns = columnsOf(item)
  const write = (rows: unknown[][]) => stringify(rows, { record_delimiter: 'windows', quoted_match: NEEDS_QUOTES })
  const lineOf = (row: unknown) => {
    const timeZone = timeZoneOf?.(row) ?? null
    return columns.map(({ path, isTime }) => cellOf(valueAt(row, path), isTime ? timeZone : null))
  }
  return {
    header: () => (bom ? '\uFEFF' : '') + write([columns.map(({ path }) => path.join('.'))]),
    lines: items => write(items.map(lineOf))
  }
}

/** @param timeZone  the time zone in which to write a time, or null for a value that stays as it is */
function cellOf(value: unknown, timeZone: string | null): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'object')
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? withoutFormula(inner) : inner))
  if (typeof value !== 'string') return String(value)
  return timeZone === null ? withoutFormula(value) : localTime(Date.parse(value), timeZone)
}

export function withoutFormula(text: string): string {
  if (isE164(text)) return text // every program reads it as a number, which invokes nothing
  const safe = text.replace(FORMULA, "'")
  return LEADING_SEPARATOR.test(safe) ? `'${safe}` : safe
}

interface Column {
  /** The path of the value in an item, by which the column is named: `client.number`. */
  path: readonly string[]
  isTime: boolean
}

/** The parts of a JSON Schema that determine the columns. */
interface Described {
  format?: string
  anyOf?: Described[]
  allOf?: Described[]
  properties?: Record<string, Described>
}

/** Returns the columns for items of the schema: fields of objects are columns of their own, and a list is one cell. */
function columnsOf(item: TSchema): Column[] {
  return columnsIn(item as Described, []) // as JSON Schema, which is what TypeBox makes
}

function columnsIn(schema: Described, path: readonly string[]): Column[] {
  const options = [schema, ...(schema.anyOf ?? []), ...(schema.allOf ?? [])]
  const properties = options.find(option => option.properties)?.properties
  if (!properties) return [{ path, isTime: options.some(option => option.format === 'date-time') }]
  return Object.entries(properties).flatMap(([name, inner]) => columnsIn(inner, [...path, name]))
}

function valueAt(item: unknown, path: readonly string[]): unknown {
  // a value that is not an object has no fields
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], item)
}
