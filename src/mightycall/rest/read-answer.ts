import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { RestUnexpectedError } from '../../errors.js'
import type { Drift } from '../drift.js'
import { isObject } from '../read-json.js'
import { unknownFieldsOf } from './answer-drift.js'
import { type AnswerOf, nameOf, type Route } from './route.js'

export interface ReadAnswer<R extends Route> {
  answer: AnswerOf<R>
  /** The same as it came, without its envelope. */
  raw: unknown
}

/**
 * The answer in a body, out of whichever envelope: `{data, isSuccess}`, `{data, message}`, none, or a bare list.
 * @param onDrift  told of each field, and each value of a closed set, that we do not know; nothing is lost by it
 * @throws RestUnexpectedError  names the first bad place by its path, never what stands there
 */
export function readAnswer<R extends Route> (route: R, json: unknown, onDrift: (drift: Drift) => void): ReadAnswer<R> {
  const { raw, prefix } = unwrapped(route, json)
  if (!Value.Check(route.answer, raw)) throw new RestUnexpectedError(`${nameOf(route)}, at ${prefix}${firstMisfit(route.answer, raw) || '/'}`)
  for (const field of unknownFieldsOf(route.answer, raw)) onDrift({ type: nameOf(route), ...field })
  return { answer: decode(route, raw), raw }
}

function unwrapped ({ answer, list }: Route, json: unknown): { raw: unknown, prefix: string } {
  const isWrapped = isObject(json) && Object.hasOwn(json, 'data') && !Object.hasOwn(propertiesOf(answer), 'data')
  const [raw, prefix] = isWrapped ? [json.data, '/data'] : [json, '']
  return list !== null && Array.isArray(raw) ? { raw: { [list]: raw }, prefix } : { raw, prefix }
}

function propertiesOf (schema: TSchema): object {
  return 'properties' in schema && isObject(schema.properties) ? schema.properties : {}
}

/** The deepest: of what may be null, each alternative complains. */
function firstMisfit (schema: TSchema, value: unknown): string {
  const paths = Value.Errors(schema, value).map(error => error.keyword === 'required' ? `${error.instancePath}/${error.params.requiredProperties[0] ?? ''}` : error.instancePath)
  return paths.reduce((deepest, path) => path.split('/').length > deepest.split('/').length ? path : deepest, '')
}

function decode<R extends Route> (route: R, raw: unknown): AnswerOf<R> {
  try {
    return Value.Decode(route.answer, raw) as AnswerOf<R> // the compiler does not see through the route's type
  } catch {
    throw new RestUnexpectedError(`${nameOf(route)}, it cannot be decoded`) // what we do not know in it may be nested too deeply to be copied
  }
}
