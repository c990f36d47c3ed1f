import type { paths } from './schema.js'

// What calls the API with its types. It needs nothing but fetch, so that a browser can have it too.

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type PathOf<M extends Method> = { [P in keyof paths]: paths[P] extends { [K in M]: object } ? P : never }[keyof paths]
type Operation<M extends Method, P extends keyof paths> = paths[P] extends { [K in M]: infer O } ? O : never

type InPath<O> = O extends { parameters: { path: infer Path } } ? { path: Path } : { path?: never }
type InQuery<O> = O extends { parameters: { query?: infer Query } } ? { query?: Query } : { query?: never }
type InBody<O> = O extends { requestBody: { content: { 'application/json': infer Body } } }
  ? { body: Body }
  : O extends { requestBody?: { content: { 'application/json': infer Body } } }
    ? { body?: Body }
    : { body?: never }
type Asked<O> = InPath<O> & InQuery<O> & InBody<O>
type Answered<O> = O extends { responses: { 200: { content: { 'application/json': infer Answer } } } }
  ? Answer
  : undefined

/** Nothing need be said of a request to a path without parameters. */
type Arguments<O> = object extends Asked<O> ? [asked?: Asked<O>] : [asked: Asked<O>]
type Call<M extends Method> = <P extends PathOf<M>>(
  path: P,
  ...args: Arguments<Operation<M, P>>
) => Promise<Answered<Operation<M, P>>>

export type Client = { [M in Method]: Call<M> }

export interface ClientOptions {
  /** `https://calls.example.com` */
  baseUrl: string
  /** An API key. Without it, a browser's session. */
  key?: string
}

/** The API has refused a request. */
export class ApiError extends Error {
  override name = 'ApiError'

  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string
  ) {
    super(message)
  }
}

interface LooseRequest {
  path?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
}

/**
 * A client of the API. Each call rejects with an ApiError when it is refused, or with fetch's own error when nobody
 * answers.
 */
export function createClient({ baseUrl, key }: ClientOptions): Client {
  const call =
    (method: Method) =>
    async (template: string, { path = {}, query = {}, body }: LooseRequest = {}) => {
      const place = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])))
      const answer = await fetch(`${baseUrl}${place}${searchOf(query)}`, {
        method: method.toUpperCase(),
        headers: {
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' })
        },
        ...(body !== undefined && { body: JSON.stringify(body) })
      })
      const told = (await answer.json().catch(() => null)) as {
        code?: string
        detail?: string
        message?: string
      } | null // any JSON: its type is that of the route
      if (answer.ok) return told ?? undefined
      throw new ApiError(
        answer.status,
        told?.code ?? told?.detail ?? 'MCS_INTERNAL',
        told?.message ?? answer.statusText
      )
    }
  const client = {
    get: call('get'),
    post: call('post'),
    put: call('put'),
    patch: call('patch'),
    delete: call('delete')
  }
  return client as Client // the types say which paths there are; at run time any text is one
}

function searchOf(query: Record<string, unknown>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== undefined && one !== null) search.append(name, String(one))
  }
  return search.size === 0 ? '' : `?${search}`
}
