import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import Value from 'typebox/value'
import { CALLS } from './calls.js'
import { CONTACTS } from './contacts.js'
import type { Definition, Kind, Parameter } from './definition.js'
import { GENERAL } from './general.js'
import { JOURNAL } from './journal.js'
import { MESSAGES } from './messages.js'
import { PEOPLE } from './people.js'
import { PHONE_NUMBERS } from './phone-numbers.js'
import { TOKEN } from './token.js'
import { VOICEMAILS } from './voicemails.js'

export const DEFINITIONS: readonly Definition[] = [
  TOKEN,
  PEOPLE,
  CALLS,
  VOICEMAILS,
  PHONE_NUMBERS,
  JOURNAL,
  CONTACTS,
  MESSAGES
].flat()

export const requestName = ({ method, path }: Pick<SentRequest, 'method' | 'path'>): string => `${method} ${path}`

export interface SentRequest {
  method: string
  /** Below `/v4`. */
  path: string
  /** After the question mark. */
  query: string
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** Finds the definition of a request; one without placeholders takes precedence. */
export function definitionOf(kind: Kind, { method, path }: Pick<SentRequest, 'method' | 'path'>): Definition | null {
  const found = DEFINITIONS.filter(
    definition =>
      definition.kinds.includes(kind) && definition.method === method && matchPath(definition, path) !== null
  )
  return found.find(({ pathParameters }) => !pathParameters) ?? found[0] ?? null
}

/** Returns what is wrong with a request; empty when it matches its definition. */
export function requestProblems(kind: Kind, request: SentRequest): string[] {
  const definition = definitionOf(kind, request)
  if (definition === null) return [`no route ${request.method} ${request.path}`]
  const { pathParameters = {}, query = {}, body = null, isOpen = false } = definition
  const given = matchPath(definition, request.path) ?? {}
  const search = new URLSearchParams(request.query)
  const signed = [
    /^Bearer \S+$/.test(String(request.headers.authorization)),
    request.headers['x-api-key'] !== undefined
  ]
  return [
    ...Object.entries(pathParameters).flatMap(([name, schema]) => schemaProblems(schema, given[name], `path ${name}`)),
    ...[...new Set(search.keys())].flatMap(name => parameterProblems(name, query[name], search.getAll(name))),
    ...(isOpen || signed.every(Boolean) ? [] : ['not signed']),
    ...bodyProblems(body, request)
  ]
}

/** Returns what is wrong with a response; empty when it matches its definition. */
export function responseProblems(
  kind: Kind,
  request: Pick<SentRequest, 'method' | 'path'>,
  { status, json }: { status: number; json: unknown }
): string[] {
  const definition = definitionOf(kind, request)
  if (definition === null) return [`no route ${request.method} ${request.path}`]
  const schema = definition.responses[status] ?? GENERAL[status]
  return schema ? schemaProblems(schema, json, `${status}`) : [`no status ${status}`]
}

/** Returns whether a response matches its definition, which takes much less time than to say why not. */
export function isResponse(
  kind: Kind,
  request: Pick<SentRequest, 'method' | 'path'>,
  { status, json }: { status: number; json: unknown }
): boolean {
  const schema = definitionOf(kind, request)?.responses[status] ?? GENERAL[status]
  return schema !== undefined && matches(schema, json)
}

function parameterProblems(name: string, parameter: Parameter | undefined, values: readonly string[]): string[] {
  if (!parameter) return [`no parameter ${name}`]
  if (values.length > 1 && parameter.many !== 'repeated') return [`${name} is repeated`]
  const texts = parameter.many === 'commas' ? values.flatMap(value => value.split(',')) : values
  return texts.flatMap(text => schemaProblems(parameter.text, text, name))
}

function bodyProblems(body: Definition['body'], { headers, body: sent }: SentRequest): string[] {
  if (!body) return sent === '' ? [] : ['a body']
  if (!String(headers['content-type']).startsWith(body.contentType)) return [`content type ${headers['content-type']}`]
  return schemaProblems(
    body.schema,
    body.contentType === 'application/json' ? JSON.parse(sent) : Object.fromEntries(new URLSearchParams(sent)),
    'body'
  )
}

const validators = new WeakMap<TSchema, Validator>()

function matches(schema: TSchema, value: unknown): boolean {
  const validator = validators.get(schema) ?? Compile(schema)
  validators.set(schema, validator)
  return validator.Check(value)
}

function schemaProblems(schema: TSchema, value: unknown, where: string): string[] {
  if (matches(schema, value)) return []
  const [error] = [...Value.Errors(schema, value)].sort((a, b) => b.instancePath.length - a.instancePath.length)
  return [`${where}: ${error?.instancePath} ${error?.message} ${JSON.stringify(error?.params)}`]
}

/** Returns the values of the placeholders, or `null` when the path does not match. */
function matchPath({ path }: Definition, request: string): Record<string, string> | null {
  const [expected, given] = [path.split('/'), request.split('/')]
  if (expected.length !== given.length) return null
  const places: Record<string, string> = {}
  for (const [i, part] of expected.entries()) {
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? []
    if (name !== undefined) places[name] = decodeURIComponent(given[i] ?? '')
    else if (part !== given[i]) return null
  }
  return places
}
