import type { FastifyInstance, RouteOptions } from 'fastify'
import type { TSchema } from 'typebox'

/** A schema whose inner schemas with an `$id` are replaced by a `$ref`, and those schemas, the inner ones first. */
interface Split {
  schema: unknown
  shared: readonly { $id: string; original: object; schema: object }[]
}

const NOTHING_SHARED: Split['shared'] = []

/** Schemas are constants of their modules, so that each is split once for the process. */
const splits = new WeakMap<object, Split>()

/**
 * An onRoute hook for response schemas with an `$id`, at any depth: registers each of them once and replaces it in the
 * routes by a `$ref`. The OpenAPI document then has one component of that name, instead of a copy for each use.
 *
 * @throws Error  two different schemas have the same `$id`
 */
export function createSchemaSharing(): (this: FastifyInstance, route: RouteOptions) => void {
  const owners = new Map<string, object>()

  return function shareSchemas(route) {
    if (!route.schema?.response) return
    const { schema, shared } = split(route.schema.response)
    route.schema = { ...route.schema, response: { ...(schema as object) } } // Fastify changes it
    for (const { $id, original, schema } of shared) {
      if ((owners.get($id) ?? original) !== original) throw new Error(`two schemas have the $id ${$id}`)
      owners.set($id, original)
      if (this.getSchema($id) === undefined) this.addSchema(schema)
    }
  }
}

function split(value: unknown): Split {
  if (typeof value !== 'object' || value === null) return { schema: value, shared: NOTHING_SHARED }
  const known = splits.get(value)
  if (known) return known
  const made = splitObject(value)
  splits.set(value, made)
  return made
}

function splitObject(value: object): Split {
  const entries = Object.entries(value).map(([key, inner]) => [key, split(inner)] as const)
  const shared = entries.flatMap(([, inner]) => inner.shared)
  if (Array.isArray(value)) return { schema: entries.map(([, inner]) => inner.schema), shared }
  const schema = Object.fromEntries(entries.map(([key, inner]) => [key, inner.schema]))
  const { $id } = value as TSchema & { $id?: unknown } // a schema, or a map that contains schemas
  if (typeof $id !== 'string') return { schema, shared }
  return { schema: { $ref: `${$id}#` }, shared: [...shared, { $id, original: value, schema }] }
}
