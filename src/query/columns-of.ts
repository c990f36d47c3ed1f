import type { TSchema } from 'typebox'

/** A path into an item, by which its column is named: `client.number`. */
export type Path = readonly string[]

interface Described {
  type?: string
  anyOf?: Described[]
  properties?: Record<string, Described>
}

/** The columns of a table of such items: fields of objects have columns of their own, a list is one cell. */
export function columnsOf (item: TSchema): Path[] {
  return pathsIn(item as Described, []) // as JSON Schema, which is what TypeBox makes
}

function pathsIn (schema: Described, path: Path): Path[] {
  const properties = schema.properties ?? schema.anyOf?.find(option => option.properties)?.properties
  return properties ? Object.entries(properties).flatMap(([name, inner]) => pathsIn(inner, [...path, name])) : [path]
}

export function valueAt (item: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], item) // what is no object has no such field
}
