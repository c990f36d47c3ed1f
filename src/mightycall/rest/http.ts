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
  /** Undefined: it is no JSON. */
  json: unknown
  retryAfter: string | null
}

export interface HttpLimits {
  /** For the whole of a request and its answer. */
  timeoutMs: number
  maxBytes: number
}

/**
 * One request and its whole answer. Connections are kept alive by Node's fetch; a redirect is not followed, since it
 * would be given the key.
 * @throws RestUnavailableError  no answer, or half of one; holds the system's code, and no URL: a number may be in it
 * @throws RestUnexpectedError   the answer is larger than we take: it is read no further
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
    throw new RestUnavailableError(signal.aborted ? `no answer within ${timeoutMs} ms` : failureCodeOf(err))
  }
}

async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    // leaving the loop ends the connection
    size += chunk.length
    if (size > maxBytes) throw new RestUnexpectedError(`it is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** fetch says "fetch failed", and the reason in its cause. */
function failureCodeOf(err: unknown): string {
  for (let at = err, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as { code?: unknown } // of system errors and of undici's
    if (typeof code === 'string') return code
  }
  return 'the connection broke'
}
