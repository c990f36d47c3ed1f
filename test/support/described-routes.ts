import type { FastifyInstance } from 'fastify'
import { ROUTES } from '../../src/access/route-roles.js'
import type { RouteRole } from '../../src/access/viewer.js'
import { dereference } from './fuzz/dereference.js'

interface Schema {
  type?: string
  format?: string
  pattern?: string
}

export interface DescribedRoute {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** The path in the notation of access/route-roles.ts: `/v1/calls/:id`. */
  path: string
  role: RouteRole
  /** The documented status codes. */
  statuses: number[]
  /** The names of the query parameters. */
  query: string[]
  /** Returns the path with its parameters filled in, by default with values that match no existing object. */
  url: (values?: Record<string, string>) => string
}

interface Operation {
  parameters?: { name: string; in: string; schema: Schema }[]
  responses: Record<string, unknown>
}

/**
 * Returns every route that the OpenAPI document describes, except webhooks and health, with its role.
 * @throws Error  a route has no role in access/route-roles.ts
 */
export function describedRoutes(app: FastifyInstance): DescribedRoute[] {
  // the types of @fastify/swagger do not cover OpenAPI 3.1
  const { paths } = dereference(app.swagger()) as unknown as { paths: Record<string, Record<string, Operation>> }
  return Object.entries(paths)
    .filter(([path]) => !/^\/(webhooks|health|metrics)\b/.test(path))
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([name, operation]) => {
        const method = name.toUpperCase() as DescribedRoute['method'] // the API has no other methods
        const pattern = path.replace(/\{(\w+)\}/g, ':$1')
        const [, , role] = ROUTES.find(line => line[0] === method && line[1] === pattern) ?? []
        if (!role) throw new Error(`${method} ${pattern} is documented but missing in access/route-roles.ts`)
        const parameters = operation.parameters ?? []
        return {
          method,
          path: pattern,
          role,
          statuses: Object.keys(operation.responses).map(Number),
          query: parameters.filter(parameter => parameter.in === 'query').map(parameter => parameter.name),
          url: (values = {}) =>
            parameters
              .filter(parameter => parameter.in === 'path')
              .reduce(
                (url, { name, schema }) =>
                  url.replace(`{${name}}`, encodeURIComponent(values[name] ?? sampleOf(schema))),
                path
              )
        }
      })
    )
}

function sampleOf({ format, pattern }: Schema): string {
  if (format === 'uuid') return '00000000-0000-4000-8000-000000000000'
  return pattern?.includes('0-9') ? '999' : '+15550000000'
}
