import { setTimeout as sleep } from 'node:timers/promises'
import { SimulateError } from '../errors.js'
import type { Notification } from './notifications.js'

export interface PostSummary {
  posted: number
  accepted: number
  /** The number of refused posts by status, or by `no answer`. */
  refused: Map<string, number>
  seconds: number
}

interface PostOptions {
  /** Stops early, after the requests in flight have ended. */
  signal: AbortSignal
  now: () => number
  onPosted?: (soFar: PostSummary) => void
}

const MAX_IN_FLIGHT = 32
const MAX_UNANSWERED_IN_A_ROW = 20

/**
 * Posts each notification when it is due, in order, without waiting for the responses of earlier ones.
 *
 * @throws SimulateError  the first post or many posts in a row got no response, or the address is unknown to the
 *   service; never contains the path, which holds the token
 */
export async function postAll(
  url: URL,
  notifications: readonly Notification[],
  { signal, now, onPosted = () => {} }: PostOptions
): Promise<PostSummary> {
  const began = now()
  const soFar: PostSummary = { posted: 0, accepted: 0, refused: new Map(), seconds: 0 }
  const inFlight = new Set<Promise<void>>()
  const failure = new AbortController() // the abort reason is the error
  let unanswered = 0

  async function post({ body }: Notification): Promise<void> {
    const status = await postOne(url, body)
    soFar.seconds = (now() - began) / 1000
    if (status === null) unanswered++
    else unanswered = 0
    if (status !== null && status >= 200 && status < 300) soFar.accepted++
    else soFar.refused.set(String(status ?? 'no answer'), (soFar.refused.get(String(status ?? 'no answer')) ?? 0) + 1)
    if (status === 404)
      failure.abort(new SimulateError(`${url.origin} does not know this address (404): check the token`))
    if (unanswered === MAX_UNANSWERED_IN_A_ROW || (status === null && soFar.posted === 1))
      failure.abort(new SimulateError(`${url.origin} does not respond: check that the service is running`))
    onPosted(soFar)
  }

  const stopped = AbortSignal.any([signal, failure.signal])
  for (const notification of notifications) {
    await waitUntilDue(notification.at - now(), stopped)
    // wait for the first response, which shows whether the service is there
    if (inFlight.size >= (soFar.posted === 1 ? 1 : MAX_IN_FLIGHT)) await Promise.race(inFlight)
    if (stopped.aborted) break
    soFar.posted++
    const posting: Promise<void> = post(notification).finally(() => {
      inFlight.delete(posting)
    })
    inFlight.add(posting)
  }
  await Promise.all(inFlight)
  failure.signal.throwIfAborted()
  return { ...soFar, seconds: (now() - began) / 1000 }
}

async function waitUntilDue(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {}) // it rejects only when it is aborted
}

/** How long MightyCall waits for a response (source: comments of integrators). */
export const RESPONSE_TIMEOUT_MS = 8_000

/**
 * Posts one notification and returns the status of the response, or `null` when there is none. Connections are kept
 * alive; redirects are not followed, since they would lead to an address that the user did not give.
 */
export async function postOne(url: URL, body: object, timeoutMs = RESPONSE_TIMEOUT_MS): Promise<number | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs)
    })
    await response.arrayBuffer() // the connection is reused only after its body was read
    return response.status
  } catch {
    return null
  }
}
