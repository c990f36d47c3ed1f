import { stringify } from 'csv-stringify/sync'
import type { TSchema } from 'typebox'

/** What a spreadsheet takes for a formula when a cell begins with it, full-width forms included. */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/

/** Reads as a number wherever it is opened, and calls nothing: phone numbers stay as they are. */
const E164 = /^\+[1-9]\d{6,14}$/

/**
 * Items as lines of RFC 4180. A text of a stranger that a spreadsheet would run is prefixed with an apostrophe;
 * null is an empty cell, a list is JSON.
 */
export function createCsvWriter(item: TSchema): { header: () => string; lines: (items: readonly unknown[]) => string } {
  const columns = columnsOf(item)
  // by itself it quotes only both together
  const write = (rows: unknown[][]) => stringify(rows, { record_delimiter: 'windows', quoted_match: /[\r\n]/ })
  return {
    header: () => write([columns.map(path => path.join('.'))]),
    lines: items => write(items.map(row => columns.map(path => cellOf(valueAt(row, path)))))
  }
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'object') return JSON.stringify(value)
  if (typeof value !== 'string') return String(value)
  return FORMULA.test(value) && !E164.test(value) ? `'${value}` : value
}

/** A path into an item, by which its column is named: `client.number`. */
type Path = readonly string[]

interface Described {
  type?: string
  anyOf?: Described[]
  properties?: Record<string, Described>
}

/** The columns of a table of such items: fields of objects have columns of their own, a list is one cell. */
function columnsOf(item: TSchema): Path[] {
  return pathsIn(item as Described, []) // as JSON Schema, which is what TypeBox makes
}

function pathsIn(schema: Described, path: Path): Path[] {
  const properties = schema.properties ?? schema.anyOf?.find(option => option.properties)?.properties
  return properties ? Object.entries(properties).flatMap(([name, inner]) => pathsIn(inner, [...path, name])) : [path]
}

function valueAt(item: unknown, path: Path): unknown {
  // what is no object has no such field
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], item)
}
