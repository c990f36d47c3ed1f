import { isErrorCode, ServiceError } from '../errors.js'

export interface ServiceClient {
  url: string
  /**
   * Sends a request to a running service; the OpenAPI document describes the answers.
   * @throws ServiceError  with the code of the service when it has answered
   */
  request: (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>
}

const TIMEOUT_MS = 30_000

/** @throws ServiceError  the address is not valid */
export function createServiceClient({ url, key }: { url: string; key: string }): ServiceClient {
  const base = url.replace(/\/+$/, '')
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol))
    throw new ServiceError('--url must be the address of a service, like http://127.0.0.1:8080')
  return {
    url: base,
    request: async (method, path, body) => {
      const answer = await fetch(base + path, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        redirect: 'error', // the key must not be sent to another host
        signal: AbortSignal.timeout(TIMEOUT_MS)
      }).catch(() => {
        throw Object.assign(
          new ServiceError(`no service answers at ${base}: start it, or set its address with --url`),
          {
            isAway: true
          }
        )
      })
      const content: unknown = await answer.json().catch(() => null)
      if (!answer.ok) throw refusal(answer.status, content, base)
      return content
    }
  }
}

/** Whether the service does not answer, as during a restart. */
export function isUnreachable(err: unknown): boolean {
  return err instanceof ServiceError && 'isAway' in err
}

function refusal(status: number, content: unknown, base: string): Error {
  if (status === 401)
    return new ServiceError(
      `the service at ${base} does not accept this key: set ADMIN_KEY, or DATA_DIR to that of the service`
    )
  const { code, message } = (content ?? {}) as { code?: unknown; message?: unknown } // checked next
  if (!isErrorCode(code) || typeof message !== 'string')
    return new ServiceError(`the server at ${base} is not a mightycall-stream of this version: status ${status}`)
  return Object.assign(new ServiceError(message), {
    code,
    ...(status === 503 && code === 'MCS_NOT_READY' && { isAway: true })
  })
}
