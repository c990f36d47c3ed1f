import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { isObject } from '../../lib/json.js'
import { shapeOf } from '../mask.js'
import type { Route } from './route.js'

/** Describes an unreadable value without containing it. */
export interface UnreadableValue {
  /** The JSON pointer from the root, `/calls/0/duration`, or `null` when the value is nested too deeply to decode. */
  path: string | null
  /** The path as drift shows it: `calls[].duration`. */
  field: string
  sample: string
}

export interface ReadableRows {
  /**
   * The response without its unreadable rows, or the whole response when most rows are unreadable: that is another
   * format and not a bad row.
   */
  kept: unknown
  unreadable: UnreadableValue[]
  /** Indexes by the name of the list. */
  unreadableRows: Record<string, ReadonlySet<number>>
}

/**
 * Checks each row of a list response by itself. Only rows are dropped, never a part of something else: the rest would
 * mean something different without it.
 */
export function dropUnreadableRows({ list, response }: Pick<Route, 'list' | 'response'>, raw: unknown): ReadableRows {
  if (list === null || !isObject(raw)) return { kept: raw, unreadable: [], unreadableRows: {} }
  const kept: Record<string, unknown> = { ...raw }
  const unreadable: UnreadableValue[] = []
  const unreadableRows: ReadableRows['unreadableRows'] = {}
  let rowCount = 0
  for (const [name, schema] of Object.entries(rowSchemas(response))) {
    const rows = raw[name]
    if (!Array.isArray(rows)) continue
    rowCount += rows.length
    const bad = new Set(rows.flatMap((row, i) => (decodeOrUndefined(schema, row) === undefined ? [i] : [])))
    for (const i of bad) unreadable.push(findUnreadableValue(schema, rows[i], `/${name}/${i}`))
    unreadableRows[name] = bad
    kept[name] = rows.filter((_, i) => !bad.has(i))
  }
  return 2 * unreadable.length > rowCount
    ? { kept: raw, unreadable: [], unreadableRows: {} }
    : { kept, unreadable, unreadableRows }
}

/** Finds the deepest value that does not match. A nullable schema reports an error for each of its alternatives. */
export function findUnreadableValue(schema: TSchema, value: unknown, parentPath = ''): UnreadableValue {
  const paths = Value.Check(schema, value)
    ? []
    : Value.Errors(schema, value).map(error =>
        error.keyword === 'required'
          ? `${error.instancePath}/${error.params.requiredProperties[0] ?? ''}`
          : error.instancePath
      )
  const deepest = paths.reduce(
    (deepest, path) => (path.split('/').length > deepest.split('/').length ? path : deepest),
    ''
  )
  // the path consists of names from our schemas and of list indexes, so it is safe to show
  const field = `${parentPath}${deepest}`
    .slice(1)
    .replace(/\/\d+(?=\/|$)/g, '[]')
    .replaceAll('/', '.')
  return { path: paths.length === 0 ? null : parentPath + deepest, field, sample: shapeOf(valueAt(value, deepest)) }
}

/** Returns undefined when the value does not match, or when an unknown part is nested too deeply to be copied. */
export function decodeOrUndefined(schema: TSchema, value: unknown): unknown {
  try {
    return Value.Check(schema, value) ? Value.Decode(schema, value) : undefined
  } catch {
    return undefined
  }
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split('/')
    .slice(1)
    .reduce<unknown>(
      // an array is indexed by the same strings
      (at, name) => (isObject(at) || Array.isArray(at) ? (at as Record<string, unknown>)[name] : undefined),
      value
    )
}

/** Returns the schema of the rows of each list of a response. A list may be nullable. */
function rowSchemas(response: TSchema): Record<string, TSchema> {
  const { properties = {} } = response as { properties?: Record<string, ListSchema> } // an object schema has these
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, { items, anyOf }]) => {
      const row = items ?? anyOf?.find(alternative => alternative.items)?.items
      return row ? [[name, row]] : []
    })
  )
}

interface ListSchema {
  items?: TSchema
  anyOf?: ListSchema[]
}
