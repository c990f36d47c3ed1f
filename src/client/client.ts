import createFetchClient, { type Client } from 'openapi-fetch'
import type { paths } from './schema.js'

// The entry "mightycall-stream/client" of the package. It runs in Node and in browsers, so that this folder imports
// nothing of the service.

export {
  type FollowOptions,
  followLive,
  LIVE_EVENT_KINDS,
  type LiveEvent,
  type LiveEventKind,
  type LiveFeed,
  type LiveProblem,
  type LiveRows,
  type LiveState
} from './live.js'
export type { paths }

export interface ApiClientOptions {
  /** `https://calls.example.com`; in a page of the service itself `''`. */
  baseUrl: string
  /** An API key. Without one, requests carry the session cookie of the browser. */
  key?: string
}

/** Every route of the API, with the types of its parameters and JSON answers: see openapi-fetch. */
export type ApiClient = Client<paths, 'application/json'>

/**
 * Creates a client of the API. Each call resolves with `{ data, error, response }`: `data` of a 2xx answer, or the
 * `error` with its `code`. It rejects only when there is no answer, with the error of `fetch`.
 */
export function createApiClient({ baseUrl, key }: ApiClientOptions): ApiClient {
  return createFetchClient<paths, 'application/json'>({
    baseUrl,
    ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } })
  })
}
