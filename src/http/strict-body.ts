import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js'
import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { InvalidParameterError } from '../errors.js'

/**
 * Checks what is sent as it is: the usual compiler makes a 0 of null, and a number of a text, which a query string
 * needs and a body does not.
 */
export function strictly({
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
