import buildAjvCompilers from '@fastify/ajv-compiler'
import buildSerializers from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

type CompilersFactory = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>
type ValidatorFactory = ReturnType<typeof buildAjvCompilers>
/** What Fastify passes to the factory and the compiler of validators, which its types do not say. */
type ValidatorOptions = { customOptions?: object } | undefined
type Validate = ReturnType<ReturnType<ValidatorFactory>>

// One for the process: it keeps an Ajv instance for each set of shared schemas.
const validatorFactory: ValidatorFactory = buildAjvCompilers()
const serializerFactory = buildSerializers()

/**
 * Fastify's own compilers of validators and serializers, which compile the schema of a route when the route is first
 * used. Compiling all of them at start takes longer than everything else that a start does. The values of a query, a
 * path or a header are texts and are converted to the types of the schema; those of a body have types of their own, so
 * that `{ "name": false }` is refused instead of being read as the name "false".
 */
export const lazyCompilers: CompilersFactory = {
  buildValidator: ((sharedSchemas: Record<string, object>, options: ValidatorOptions) => {
    const compiler = once(() => validatorFactory(sharedSchemas, options))
    const bodyCompiler = once(() => validatorFactory(sharedSchemas, withoutCoercion(options)))
    return (route: { httpPart?: string }) => {
      const compiled = once(() => (route.httpPart === 'body' ? bodyCompiler() : compiler())(route))
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

function withoutCoercion(options: ValidatorOptions): ValidatorOptions {
  return { ...options, customOptions: { ...options?.customOptions, coerceTypes: false, strictNumbers: true } }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
