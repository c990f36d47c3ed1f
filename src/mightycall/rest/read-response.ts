import type { TSchema } from 'typebox'
import { RestUnexpectedError } from '../../errors.js'
import type { Drift } from '../../events/drift.js'
import { isObject } from '../../lib/json.js'
import { type AnswerOf, nameOf, type Route } from './route.js'
import { unknownFieldsOf } from './unknown-fields.js'
import { decoded, type Misfit, misfitOf, siftRows } from './unreadable-rows.js'

export interface ReadAnswer<R extends Route> {
  answer: AnswerOf<R>
  /** The same as it came, without its envelope. */
  raw: unknown
  /** By the name of a list, the places of the rows that stand in `raw` alone, since they cannot be read. */
  misfits: Readonly<Record<string, ReadonlySet<number>>>
}

/**
 * The answer in a body, out of whichever envelope: `{data, isSuccess}`, `{data, message}`, none, or a bare list.
 * A row of a list that cannot be read is left out, so that it costs no other row; most of them are another format,
 * which is refused.
 *
 * @param onDrift  told of each field, and each value of a closed set, that we do not know, and of each value that
 *   cannot be read
 * @throws RestUnexpectedError  names the first bad place by its path, never what stands there
 */
export function readAnswer<R extends Route>(route: R, json: unknown, onDrift: (drift: Drift) => void): ReadAnswer<R> {
  const { raw, prefix } = unwrapped(route, json)
  const type = nameOf(route)
  for (const field of unknownFieldsOf(route.answer, raw)) onDrift({ type, ...field })
  const whole = decode(route, raw)
  if (whole !== undefined) return { answer: whole, raw, misfits: {} }

  const { kept, misfits, places } = siftRows(route, raw)
  const answer = misfits.length > 0 ? decode(route, kept) : undefined
  for (const { field, sample } of answer === undefined ? [misfitOf(route.answer, raw)] : misfits)
    onDrift({ type, field, sample })
  if (answer === undefined) throw refusal(type, prefix, misfitOf(route.answer, raw))
  return { answer, raw, misfits: places }
}

function unwrapped({ answer, list }: Route, json: unknown): { raw: unknown; prefix: string } {
  const isWrapped = isObject(json) && Object.hasOwn(json, 'data') && !Object.hasOwn(propertiesOf(answer), 'data')
  const [raw, prefix] = isWrapped ? [json.data, '/data'] : [json, '']
  return list !== null && Array.isArray(raw) ? { raw: { [list]: raw }, prefix } : { raw, prefix }
}

function propertiesOf(schema: TSchema): object {
  return 'properties' in schema && isObject(schema.properties) ? schema.properties : {}
}

function decode<R extends Route>({ answer }: R, value: unknown): AnswerOf<R> | undefined {
  return decoded(answer, value) as AnswerOf<R> | undefined // the compiler does not see through the route's type
}

function refusal(type: string, prefix: string, { path }: Misfit): Error {
  const err = new RestUnexpectedError(
    path === null ? `${type}, it cannot be decoded` : `${type}, at ${prefix}${path || '/'}`
  )
  misfitErrors.add(err)
  return err
}

const misfitErrors = new WeakSet<Error>()

/** True when MightyCall did answer, in JSON, and what it said cannot be read: asking again will hardly help. */
export function isMisfit(err: unknown): boolean {
  return err instanceof Error && misfitErrors.has(err)
}
