import buildAjvCompilers from '@fastify/ajv-compiler'
import buildSerializers from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

type CompilersFactory = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>
type ValidatorFactory = ReturnType<typeof buildAjvCompilers>
type Validate = ReturnType<ReturnType<ValidatorFactory>>

// One for the process: it keeps an Ajv instance for each set of shared schemas.
const validatorFactory: ValidatorFactory = buildAjvCompilers()
const serializerFactory = buildSerializers()

/**
 * Fastify's own compilers of validators and serializers, which compile the schema of a route when the route is first
 * used. Compiling all of them at start takes longer than everything else that a start does.
 */
export const lazyCompilers: CompilersFactory = {
  buildValidator: ((sharedSchemas, options) => {
    const compiler = once(() => validatorFactory(sharedSchemas, options))
    return route => {
      const compiled = once(() => compiler()(route))
      const validate = (data: unknown) => {
        const result = compiled()(data)
        validate.errors = compiled().errors // where Fastify looks for them
        return result
      }
      validate.errors = null as Validate['errors']
      return validate as Validate // Fastify calls it and reads `errors`; the other members are for users of Ajv
    }
  }) as ValidatorFactory, // of which Fastify uses the overload for Ajv only
  buildSerializer: (sharedSchemas, options) => {
    const compiler = once(() => serializerFactory(sharedSchemas, options))
    return route => {
      const compiled = once(() => compiler()(route))
      return document => compiled()(document)
    }
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
