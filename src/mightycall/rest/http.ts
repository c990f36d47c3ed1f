import { RestUnavailableError, RestUnexpectedError } from '../../errors.js'
import { parseJson } from '../../lib/json.js'

export interface HttpRequest {
  /** The route of the request, without values. */
  route: string
  method: string
  url: string
  headers: Record<string, string>
  body?: string
}

export interface HttpResponse {
  status: number
  /** The parsed body, or undefined when it is not JSON. */
  json: unknown
  retryAfter: string | null
}

export interface HttpLimits {
  /** The time limit for the request and its complete response. */
  timeoutMs: number
  maxBytes: number
}

export interface HttpOptions extends HttpLimits {
  /** Called after each request, with the status of the response, or null when there was no complete one. */
  onExchange: (exchange: { route: string; status: number | null; seconds: number }) => void
}

/**
 * Sends a request and reads the complete response. Node's fetch keeps connections alive. Redirects are not followed,
 * since their target would receive the key.
 *
 * @throws RestUnavailableError  there was no complete response; contains the system's error code and no URL, which may
 *   contain a telephone number
 * @throws RestUnexpectedError   the response is larger than `maxBytes`, and was not read further
 */
export async function sendHttp(
  { url, route, ...request }: HttpRequest,
  { timeoutMs, maxBytes, onExchange }: HttpOptions
): Promise<HttpResponse> {
  const signal = AbortSignal.timeout(timeoutMs)
  const startedAt = performance.now()
  let status: number | null = null
  try {
    const response = await fetch(url, { ...request, redirect: 'manual', signal })
    const body = await readBody(response, maxBytes)
    status = response.status
    return {
      status,
      json: parseJson(body.toString()),
      retryAfter: response.headers.get('retry-after')
    }
  } catch (err) {
    if (err instanceof RestUnexpectedError) throw err
    throw new RestUnavailableError(signal.aborted ? `no response within ${timeoutMs} ms` : failureCodeOf(err))
  } finally {
    onExchange({ route, status, seconds: (performance.now() - startedAt) / 1000 })
  }
}

async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    // leaving the loop closes the connection
    size += chunk.length
    if (size > maxBytes) throw new RestUnexpectedError(`the body is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The message of fetch is "fetch failed"; the reason is in its causes. */
function failureCodeOf(err: unknown): string {
  for (let at = err, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as { code?: unknown } // errors of the system and of undici have one
    if (typeof code === 'string') return code
  }
  return 'connection error'
}
