import { isErrorCode, ServiceError } from '../errors.js'

export interface ServiceClient {
  url: string
  /**
   * What a running service answers, as its own description says.
   * @throws ServiceError, or what the service said, with its code
   */
  ask: (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>
}

const PATIENCE_MS = 30_000

/** @throws ServiceError  the address is none */
export function createServiceClient({ url, key }: { url: string; key: string }): ServiceClient {
  const base = url.replace(/\/+$/, '')
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol))
    throw new ServiceError('--url must be the address of a service, like http://127.0.0.1:8080')
  return {
    url: base,
    ask: async (method, path, body) => {
      const answer = await fetch(base + path, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        redirect: 'error', // it would be given the key
        signal: AbortSignal.timeout(PATIENCE_MS)
      }).catch(() => {
        throw Object.assign(new ServiceError(`no service answers at ${base}: start it, or name it by --url`), {
          isAway: true
        })
      })
      const said: unknown = await answer.json().catch(() => null)
      if (!answer.ok) throw refusal(answer.status, said, base)
      return said
    }
  }
}

/** True: it may be about to start again. */
export function isAway(err: unknown): boolean {
  return err instanceof ServiceError && 'isAway' in err
}

function refusal(status: number, said: unknown, base: string): Error {
  if (status === 401)
    return new ServiceError(
      `the service at ${base} does not take this key: set ADMIN_KEY, or DATA_DIR to that of the service`
    )
  const { code, message } = (said ?? {}) as { code?: unknown; message?: unknown } // looked at next
  if (!isErrorCode(code) || typeof message !== 'string')
    return new ServiceError(`what answers at ${base} is no mightycall-stream of this version: status ${status}`)
  return Object.assign(new ServiceError(message), {
    code,
    ...(status === 503 && code === 'MCS_NOT_READY' && { isAway: true })
  })
}
