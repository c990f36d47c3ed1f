import { ERROR_RESPONSES } from '../http/error-schema.js'
import { INSTANT_OR_DAY } from '../http/instant-or-day.js'
import { EXAMPLES } from './openapi-examples.js'
import { liveEventSchema } from './openapi-live.js'

/** The parts of an OpenAPI document that are rewritten here. */
interface Document {
  components?: Record<string, unknown>
  paths?: Record<string, Record<string, Operation>>
}

interface Operation {
  parameters?: Parameter[]
  responses: Record<string, Response>
}

type Parameter = { name: string; in: string; schema: Schema } & Record<string, unknown>
type Response = { $ref: string } | { description: string; content?: Record<string, { schema?: Schema }> }
type Schema = Record<string, unknown>

/**
 * Moves to the components what several operations have in common: the responses of refused requests, and parameters.
 * @fastify/swagger does so for schemas only.
 */
export function shareComponents<D extends object>(document: D): D {
  const { components = {}, paths = {} } = document as Document // what @fastify/swagger has built
  const operations = Object.values(paths).flatMap(path => Object.values(path))
  const responses = shareErrors(operations)
  const parameters = shareParameters(operations)
  const rewritten = { ...document, components: { ...components, parameters, responses, headers: HEADERS } }
  return completeSchemas(describeSchemas(rewritten) as typeof rewritten) as D // the same document with other members
}

const count = (description: string) => ({ description, schema: { type: 'integer', minimum: 0 } })
const HEADERS: Readonly<Record<string, object>> = {
  'RateLimit-Limit': count('The number of requests, or of wrong keys, that are accepted in a minute.'),
  'RateLimit-Remaining': count('How many of them remain in the current minute.'),
  'RateLimit-Reset': count('The number of seconds until all of them are accepted again.'),
  'Retry-After': count('The number of seconds to wait before the next attempt.'),
  'WWW-Authenticate': {
    description: 'The scheme of the credential: Bearer, with `error="invalid_token"` when a key was sent.',
    schema: { type: 'string' }
  }
}

function shareErrors(operations: readonly Operation[]): Record<string, object> {
  const shared: Record<string, object> = {}
  for (const { responses } of operations) {
    for (const [status, response] of Object.entries(responses)) {
      const error = ERROR_RESPONSES[Number(status)]
      const content = 'content' in response ? response.content : undefined
      if (!error || content?.['application/json']?.schema?.$ref !== '#/components/schemas/Error') continue
      const { name, description, headers = [] } = error
      const references = headers.map(header => [header, { $ref: `#/components/headers/${header}` }])
      shared[name] = {
        description,
        ...(references.length > 0 && { headers: Object.fromEntries(references) }),
        content
      }
      responses[status] = { $ref: `#/components/responses/${name}` }
    }
  }
  return sortKeys(shared)
}

/**
 * A parameter that several operations have becomes a component of its name, or of its name and `List` when it is an
 * array. Where parameters of the same name differ, the most frequent one becomes the component.
 */
function shareParameters(operations: readonly Operation[]): Record<string, object> {
  const uses = new Map<string, Map<string, Operation[]>>()
  for (const operation of operations) {
    if (operation.parameters) operation.parameters = operation.parameters.map(withNameFirst)
    for (const parameter of operation.parameters ?? []) {
      const variants = getOrSet(uses, componentName(parameter), () => new Map<string, Operation[]>())
      getOrSet(variants, JSON.stringify(parameter), () => []).push(operation)
    }
  }
  const shared: Record<string, object> = {}
  for (const [name, variants] of uses) {
    const [[text, users] = ['', []]] = [...variants].sort(([, a], [, b]) => b.length - a.length)
    if (users.length < 2) continue
    shared[name] = JSON.parse(text) as object // a parameter, see above
    for (const operation of users)
      operation.parameters = operation.parameters?.map(parameter =>
        JSON.stringify(parameter) === text ? { $ref: `#/components/parameters/${name}` } : parameter
      ) as Parameter[] // a reference stands for a parameter
  }
  return sortKeys(shared)
}

function withNameFirst({ name, in: location, required, description, ...members }: Parameter): Parameter {
  return { name, in: location, required, description, ...members }
}

function componentName({ name, schema }: Parameter): string {
  return schema?.type === 'array' ? `${name}List` : name
}

/** Adds the schema of the live events, which no route declares, and the examples. */
function completeSchemas<D extends { components: Record<string, unknown> }>(document: D): D {
  const declared = (document.components.schemas ?? {}) as Record<string, object> // see @fastify/swagger
  const schemas = Object.entries({ ...declared, LiveEvent: liveEventSchema(declared) }).map(([name, schema]) => {
    const example = EXAMPLES[name]
    return [name, example ? { ...schema, examples: [example] } : schema] as const
  })
  return { ...document, components: { ...document.components, schemas: sortKeys(Object.fromEntries(schemas)) } }
}

/**
 * Adds what code generators need and validation does not: the type of an enumeration, and the pattern of a parameter
 * that is an instant or a day. Such a parameter is checked by the handler, which has the better message.
 */
function describeSchemas(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(describeSchemas)
  if (typeof value !== 'object' || value === null) return value
  const { format, ...members } = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, describeSchemas(inner)])
  )
  if (format === INSTANT_OR_DAY.format) return { ...members, pattern: INSTANT_OR_DAY.pattern }
  const hasType = 'type' in members || !isArrayOfStrings(members.enum)
  return { ...(hasType ? {} : { type: 'string' }), ...members, ...(format !== undefined && { format }) }
}

function isArrayOfStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

function sortKeys<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function getOrSet<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const value = map.get(key) ?? create()
  map.set(key, value)
  return value
}
