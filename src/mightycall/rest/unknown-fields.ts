import type { TSchema } from 'typebox'
import type { Drift } from '../../events/drift.js'
import { isObject } from '../../lib/json.js'
import { maskName, shapeOf } from '../mask.js'

type UnknownField = Pick<Drift, 'field' | 'sample'>

/** The limit for one response. A response with more unknown fields has another format altogether. */
const MAX_FIELDS = 50

/** The keywords of a schema that are inspected. */
interface KnownSchema {
  properties?: Record<string, KnownSchema>
  items?: KnownSchema
  anyOf?: KnownSchema[]
  /** The values of a closed set, case-insensitive: see oneOf in fields.ts. */
  values?: readonly string[]
}

/**
 * Returns the fields of a value that its schema lacks, `requests[].agent.team`, and new values of closed sets, once
 * each.
 */
export function unknownFieldsOf(schema: TSchema, value: unknown): UnknownField[] {
  const found = new Map<string, UnknownField>()
  visit(schema as KnownSchema, value, '', (field, unknown) => {
    if (found.size < MAX_FIELDS && !found.has(field)) found.set(field, { field, sample: shapeOf(unknown) })
  })
  return [...found.values()]
}

type Report = (field: string, value: unknown) => void

function visit(schema: KnownSchema, value: unknown, path: string, report: Report): void {
  if (schema.values) {
    if (typeof value === 'string' && !schema.values.some(known => known.toLowerCase() === value.toLowerCase()))
      report(path, value)
  } else if (schema.anyOf) {
    // at most one alternative is an object or a list
    for (const alternative of schema.anyOf) visit(alternative, value, path, report)
  } else if (schema.items && Array.isArray(value)) {
    for (const item of value) visit(schema.items, item, `${path}[]`, report)
  } else if (schema.properties && isObject(value)) {
    const prefix = path === '' ? '' : `${path}.`
    for (const name in value) {
      const known = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
      if (known) visit(known, value[name], prefix + name, report)
      else report(`${prefix}${maskName(name) ?? '?'}`, value[name])
    }
  }
}
