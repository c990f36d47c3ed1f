import Type, { type StaticDecode, type TSchema } from 'typebox'
import type { Account } from '../../accounts/accounts.js'

/** One route of MightyCall's REST API. */
export interface Route<Input extends TSchema = TSchema, Response extends TSchema = TSchema> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The path below `/api` for each kind of account, with `{name}` placeholders; `null` where the route is missing. */
  paths: Readonly<Record<Account['kind'], string | null>>
  /** The schema of `{ path, query, body }`. */
  input: Input
  /** The schema of the response without its envelope. */
  response: Response
  /** The name of the list in the response, also when the response is a bare list; `null` when there is no list. */
  list: string | null
  /** True when the route needs no credentials and does not count against the quota. */
  isOpen: boolean
  /** True when a 429 of this route does not block the whole API key. */
  hasOwnLimit: boolean
}

/** The input of a route as its caller gives it: decoded. */
export type InputOf<R extends Route> = StaticDecode<R['input']>
/** The decoded response of a route. */
export type ResponseOf<R extends Route> = StaticDecode<R['response']>

interface RouteOptions<Input extends TSchema, Response extends TSchema> {
  method?: Route['method']
  /** The path for classic accounts, and the default of `contactCenter`. */
  path: string | null
  /** The path for contact-center accounts, where it differs. */
  contactCenter?: string | null
  input?: Input
  response: Response
  list?: string
  isOpen?: boolean
  hasOwnLimit?: boolean
}

const NO_INPUT = Type.Object({})

export function route<Response extends TSchema, Input extends TSchema = typeof NO_INPUT>({
  method = 'GET',
  path,
  contactCenter = path,
  input,
  response,
  list,
  isOpen = false,
  hasOwnLimit = false
}: RouteOptions<Input, Response>): Route<Input, Response> {
  return {
    method,
    paths: { classic: path, 'contact-center': contactCenter },
    input: input ?? (NO_INPUT as TSchema as Input), // without an input, `Input` is the type of NO_INPUT
    response,
    list: list ?? null,
    isOpen,
    hasOwnLimit
  }
}

/** The name of a route in drift and errors, `GET /calls/{id}`, without values. */
export function routeName({ method, paths }: Route): string {
  return `${method} ${paths.classic ?? paths['contact-center']}`
}
