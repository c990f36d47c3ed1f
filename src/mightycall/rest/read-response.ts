import type { TSchema } from 'typebox'
import { RestUnexpectedError } from '../../errors.js'
import type { Drift } from '../../events/drift.js'
import { isObject } from '../../lib/json.js'
import { type ResponseOf, type Route, routeName } from './route.js'
import { unknownFieldsOf } from './unknown-fields.js'
import { decodeOrUndefined, dropUnreadableRows, findUnreadableValue, type UnreadableValue } from './unreadable-rows.js'

export interface RestResponse<R extends Route> {
  /** The decoded response, without its envelope and without unreadable rows. */
  body: ResponseOf<R>
  /** The response as received, without its envelope. */
  raw: unknown
  /** The indexes of the rows that are in `raw` but not in `body`, by the name of their list. */
  unreadableRows: Readonly<Record<string, ReadonlySet<number>>>
}

/**
 * Unwraps and decodes a response. The envelope may be `{data, isSuccess}`, `{data, message}`, none, or a bare list.
 * An unreadable row of a list is left out, so that it does not affect other rows. When most rows are unreadable, the
 * format has changed, and the whole response is refused.
 *
 * @param onDrift  called for each unknown field, each unknown value of a closed set, and each unreadable value
 * @throws RestUnexpectedError  contains the path of the first unreadable value, never the value
 */
export function readResponse<R extends Route>(
  route: R,
  json: unknown,
  onDrift: (drift: Drift) => void
): RestResponse<R> {
  const { raw, prefix } = unwrap(route, json)
  const type = routeName(route)
  for (const field of unknownFieldsOf(route.response, raw)) onDrift({ type, ...field })
  const whole = decode(route, raw)
  if (whole !== undefined) return { body: whole, raw, unreadableRows: {} }

  const { kept, unreadable, unreadableRows } = dropUnreadableRows(route, raw)
  const body = unreadable.length > 0 ? decode(route, kept) : undefined
  const first = findUnreadableValue(route.response, raw)
  for (const { field, sample } of body === undefined ? [first] : unreadable) onDrift({ type, field, sample })
  if (body === undefined) throw unreadableError(type, prefix, first)
  return { body, raw, unreadableRows }
}

function unwrap({ response, list }: Route, json: unknown): { raw: unknown; prefix: string } {
  const isWrapped = isObject(json) && Object.hasOwn(json, 'data') && !Object.hasOwn(propertiesOf(response), 'data')
  const [raw, prefix] = isWrapped ? [json.data, '/data'] : [json, '']
  return list !== null && Array.isArray(raw) ? { raw: { [list]: raw }, prefix } : { raw, prefix }
}

function propertiesOf(schema: TSchema): object {
  return 'properties' in schema && isObject(schema.properties) ? schema.properties : {}
}

function decode<R extends Route>({ response }: R, value: unknown): ResponseOf<R> | undefined {
  // the compiler cannot resolve the decoded type of a generic route
  return decodeOrUndefined(response, value) as ResponseOf<R> | undefined
}

function unreadableError(type: string, prefix: string, { path }: UnreadableValue): Error {
  const err = new RestUnexpectedError(
    path === null ? `${type}, nested too deeply` : `${type}, unreadable value at ${prefix}${path || '/'}`
  )
  unreadableErrors.add(err)
  return err
}

const unreadableErrors = new WeakSet<Error>()

/** True when MightyCall responded with JSON that cannot be read. A retry is unlikely to help. */
export function isUnreadableResponse(err: unknown): boolean {
  return err instanceof Error && unreadableErrors.has(err)
}
