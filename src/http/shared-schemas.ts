import type { FastifyInstance, RouteOptions } from 'fastify'
import type { TSchema } from 'typebox'

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
    route.schema = { ...route.schema, response: withReferences(this, route.schema.response) }
  }

  function withReferences(app: FastifyInstance, value: unknown): unknown {
    if (Array.isArray(value)) return value.map(item => withReferences(app, item))
    if (typeof value !== 'object' || value === null) return value
    const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withReferences(app, inner)]))
    const { $id } = value as TSchema & { $id?: unknown } // a schema, or a map that contains schemas
    if (typeof $id !== 'string') return copy
    if ((owners.get($id) ?? value) !== value) throw new Error(`two schemas have the $id ${$id}`)
    owners.set($id, value)
    if (app.getSchema($id) === undefined) app.addSchema(copy)
    return { $ref: `${$id}#` }
  }
}
