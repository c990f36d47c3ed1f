import Value from 'typebox/value'
import type { Account } from '../../accounts/accounts.js'
import { RestRefusedError } from '../../errors.js'
import { isObject } from '../../lib/json.js'
import type { HttpRequest } from './http.js'
import { type InputOf, type Route, routeName } from './route.js'

type Endpoint = Pick<Account, 'kind' | 'baseUrl'>

/**
 * Builds the HTTP request of a route, without credentials.
 *
 * @throws RestRefusedError  the account's kind has no such route, or the input is invalid; nothing is sent
 */
export function writeRequest<R extends Route>(route: R, input: InputOf<R>, { kind, baseUrl }: Endpoint): HttpRequest {
  const path = route.paths[kind]
  if (path === null) throw new RestRefusedError(`a ${kind} account has no route ${routeName(route)}`)
  const { path: inPath, query, body } = encode(route, input)
  const filledPath = path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(String(inPath[name])))
  const search = searchOf(query)
  return {
    route: routeName(route),
    method: route.method,
    url: `${baseUrl}/api${filledPath}${search === '' ? '' : `?${search}`}`,
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) })
  }
}

function encode(
  route: Route,
  input: unknown
): { path: Record<string, unknown>; query: Record<string, unknown>; body: unknown } {
  try {
    // the input schema of every route is an object
    const { path, query, body } = Value.Encode(route.input, input) as Record<string, unknown>
    return { path: isObject(path) ? path : {}, query: isObject(query) ? query : {}, body }
  } catch {
    // without the error of TypeBox as its cause, which contains the input
    throw new RestRefusedError(`invalid input for ${routeName(route)}`)
  }
}

/** Repeats the parameter for each item of a list. */
function searchOf(query: Record<string, unknown>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) if (item !== undefined) search.append(name, String(item))
  }
  return search.toString()
}
