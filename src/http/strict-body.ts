import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js'
import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { InvalidParameterError } from '../errors.js'

/**
 * A validator compiler that does not coerce values. Fastify's default converts null to 0 and strings to numbers, which
 * is needed for query strings but wrong for bodies.
 */
export function strictBodyValidator({
  schema
}: FastifyRouteSchemaDef<TSchema>): (data: unknown) => { value: unknown } | { error: Error } {
  return data => {
    if (Value.Check(schema, data)) return { value: data }
    const [first] = Value.Errors(schema, data)
    return {
      error: new InvalidParameterError(
        `${first?.instancePath.slice(1) || 'the request'} ${first?.message ?? 'is not valid'}`
      )
    }
  }
}
