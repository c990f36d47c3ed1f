import type { TSchema } from 'typebox'
import type { Drift } from '../../events/drift.js'
import { isObject } from '../../lib/json.js'
import { maskName, shapeOf } from '../mask.js'

type UnknownField = Pick<Drift, 'field' | 'sample'>

/** More than that in one answer are not told apart: something else has answered. */
const MAX_FIELDS = 50

/** What schemas hold that we look at. */
interface Known {
  properties?: Record<string, Known>
  items?: Known
  anyOf?: Known[]
  /** A closed set, in any casing: see oneOf. */
  values?: readonly string[]
}

/**
 * What a value holds that its schema does not know: `requests[].agent.team`, and new members of closed sets. Each once.
 */
export function unknownFieldsOf(schema: TSchema, value: unknown): UnknownField[] {
  const found = new Map<string, UnknownField>()
  visit(schema as Known, value, '', (field, unknown) => {
    if (found.size < MAX_FIELDS && !found.has(field)) found.set(field, { field, sample: shapeOf(unknown) })
  })
  return [...found.values()]
}

type Tell = (field: string, value: unknown) => void

function visit(schema: Known, value: unknown, path: string, tell: Tell): void {
  if (schema.values) {
    if (typeof value === 'string' && !schema.values.some(known => known.toLowerCase() === value.toLowerCase()))
      tell(path, value)
  } else if (schema.anyOf) {
    for (const alternative of schema.anyOf) visit(alternative, value, path, tell) // one at most is an object or a list
  } else if (schema.items && Array.isArray(value)) {
    for (const item of value) visit(schema.items, item, `${path}[]`, tell)
  } else if (schema.properties && isObject(value)) {
    for (const name in value) visitMember(schema.properties, name, value[name], path, tell)
  }
}

function visitMember(properties: Record<string, Known>, name: string, value: unknown, path: string, tell: Tell): void {
  const prefix = path === '' ? '' : `${path}.`
  const known = Object.hasOwn(properties, name) ? properties[name] : undefined
  if (known) visit(known, value, prefix + name, tell)
  else tell(`${prefix}${maskName(name) ?? '?'}`, value)
}
