import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { isObject } from '../../lib/json.js'
import { shapeOf } from '../mask.js'
import type { Route } from './route.js'

/** What cannot be read of an answer, without its value. */
export interface Misfit {
  /** From the root: `/calls/0/duration`; null: it fits, but is nested too deeply. */
  path: string | null
  /** As drift names it: `calls[].duration`. */
  field: string
  sample: string
}

export interface Sifted {
  /**
   * The answer without the rows that cannot be read. The answer itself when most cannot: that is no bad row, but
   * another format.
   */
  kept: unknown
  misfits: Misfit[]
  /** By the name of the list. */
  places: Record<string, ReadonlySet<number>>
}

/**
 * The rows of a listing, each looked at by itself. Parts of what is no list of rows are not left out: it would be
 * something else without them.
 */
export function siftRows({ list: name, answer }: Pick<Route, 'list' | 'answer'>, raw: unknown): Sifted {
  const sifted: Sifted = { kept: raw, misfits: [], places: {} }
  if (name === null || !isObject(raw)) return sifted
  const kept: Record<string, unknown> = { ...raw }
  let rows = 0
  for (const [name, schema] of Object.entries(listsOf(answer))) {
    const list = raw[name]
    if (!Array.isArray(list)) continue
    rows += list.length
    const bad = new Set(list.flatMap((row, i) => (decoded(schema, row) === undefined ? [i] : [])))
    for (const i of bad) sifted.misfits.push(misfitOf(schema, list[i], `/${name}/${i}`))
    sifted.places[name] = bad
    kept[name] = list.filter((_, i) => !bad.has(i))
  }
  return 2 * sifted.misfits.length > rows ? { kept: raw, misfits: [], places: {} } : { ...sifted, kept }
}

/** The deepest: of what may be null, each alternative complains. */
export function misfitOf(schema: TSchema, value: unknown, place = ''): Misfit {
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
  const field = `${place}${deepest}`
    .slice(1)
    .replace(/\/\d+(?=\/|$)/g, '[]')
    .replaceAll('/', '.') // names of ours, and places in lists
  return { path: paths.length === 0 ? null : place + deepest, field, sample: shapeOf(valueAt(value, deepest)) }
}

/** Undefined: it does not fit, or what we do not know in it is nested too deeply to be copied. */
export function decoded(schema: TSchema, value: unknown): unknown {
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
      (at, name) => (isObject(at) || Array.isArray(at) ? (at as Record<string, unknown>)[name] : undefined),
      value
    ) // a list's members are numbered
}

/** The schemas of the rows, by the names of the lists; a list may be null. */
function listsOf(answer: TSchema): Record<string, TSchema> {
  const { properties = {} } = answer as { properties?: Record<string, Listing> } // an object's
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, { items, anyOf }]) => {
      const row = items ?? anyOf?.find(alternative => alternative.items)?.items
      return row ? [[name, row]] : []
    })
  )
}

interface Listing {
  items?: TSchema
  anyOf?: Listing[]
}
