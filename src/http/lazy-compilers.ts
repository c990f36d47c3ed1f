import buildAjvCompilers from '@fastify/ajv-compiler'
import buildSerializers from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

type CompilersFactory = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>
type ValidatorFactory = ReturnType<typeof buildAjvCompilers>
/** What Fastify passes to the factory and the compiler of validators, which its types do not say. */
type ValidatorOptions = { customOptions?: object } | undefined
type ValidatedRoute = { schema?: unknown; httpPart?: string }
type Validate = ReturnType<ReturnType<ValidatorFactory>>
type Serialize = (document: unknown) => string

// One for the process: it keeps an Ajv instance for each set of shared schemas.
const validatorFactory: ValidatorFactory = buildAjvCompilers()
const serializerFactory = buildSerializers()

/** Compiled functions by the text of everything that they are compiled from: many routes share an error schema. */
const validators = new Map<string, Validate>()
const serializers = new Map<string, Serialize>()

/**
 * Fastify's own compilers of validators and serializers, which compile a schema when it is first used, once for the
 * process. Compiling all of them at start takes longer than everything else that a start does. The values of a query, a
 * path or a header are texts and are converted to the types of the schema; those of a body have types of their own, so
 * that `{ "name": false }` is refused instead of being read as the name "false".
 */
export const lazyCompilers: CompilersFactory = {
  buildValidator: ((sharedSchemas: Record<string, object>, options: ValidatorOptions) => {
    const compiler = once(() => validatorFactory(sharedSchemas, options))
    const bodyCompiler = once(() => validatorFactory(sharedSchemas, withoutCoercion(options)))
    return (route: ValidatedRoute) => {
      const isBody = route.httpPart === 'body'
      const compiled = once(() => {
        const source = sourceOf([route.schema, isBody, options?.customOptions], sharedSchemas)
        return getOrMake(validators, source, () => (isBody ? bodyCompiler() : compiler())(route))
      })
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
      const compiled = once(() => {
        const source = sourceOf(route.schema, sharedSchemas as Record<string, object>)
        return getOrMake(serializers, source, () => compiler()(route))
      })
      return document => compiled()(document)
    }
  }
}

function withoutCoercion(options: ValidatorOptions): ValidatorOptions {
  return { ...options, customOptions: { ...options?.customOptions, coerceTypes: false, strictNumbers: true } }
}

/** Returns the text of a schema and of all shared schemas that it refers to. */
function sourceOf(schema: unknown, shared: Record<string, object>): string {
  const texts = new Map([['', JSON.stringify(schema)]])
  // the iterator of a Map visits what is added meanwhile
  for (const text of texts.values()) {
    for (const [, id = ''] of text.matchAll(/"\$ref":"([^"#]+)#?/g))
      if (!texts.has(id)) texts.set(id, JSON.stringify(shared[id] ?? null))
  }
  return [...texts.values()].join('\n')
}

function getOrMake<T>(made: Map<string, T>, key: string, make: () => T): T {
  const known = made.get(key)
  if (known !== undefined) return known
  const value = make()
  made.set(key, value)
  return value
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
