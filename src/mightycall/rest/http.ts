import { RestUnavailableError, RestUnexpectedError } from '../../errors.js'
import { parseJson } from '../../lib/json.js'

export interface HttpRequest {
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

/**
 * Sends a request and reads the complete response. Node's fetch keeps connections alive. Redirects are not followed,
 * since their target would receive the key.
 *
 * @throws RestUnavailableError  there was no complete response; contains the system's error code and no URL, which may
 *   contain a telephone number
 * @throws RestUnexpectedError   the response is larger than `maxBytes`, and was not read further
 */
export async function sendHttp(
  { url, ...request }: HttpRequest,
  { timeoutMs, maxBytes }: HttpLimits
): Promise<HttpResponse> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, { ...request, redirect: 'manual', signal })
    const body = await readBody(response, maxBytes)
    return {
      status: response.status,
      json: parseJson(body.toString()),
      retryAfter: response.headers.get('retry-after')
    }
  } catch (err) {
    if (err instanceof RestUnexpectedError) throw err
    throw new RestUnavailableError(signal.aborted ? `no response within ${timeoutMs} ms` : failureCodeOf(err))
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
