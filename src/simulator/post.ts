import { setTimeout as sleep } from 'node:timers/promises'
import { SimulateError } from '../errors.js'
import type { Notification } from './notifications.js'
import { postOne } from './post-one.js'

export interface PostSummary {
  posted: number
  accepted: number
  /** How many, by the status of the answer, or `no answer`. */
  refused: Map<string, number>
  seconds: number
}

interface PostOptions {
  /** Ends it early; what is under way is waited for. */
  signal: AbortSignal
  now: () => number
  onPosted?: (soFar: PostSummary) => void
}

const MAX_IN_FLIGHT = 32
const MAX_UNANSWERED_IN_A_ROW = 20

/**
 * Posts each notification when it is due, in their order, whether or not the one before has been answered.
 * @throws SimulateError  the first is not answered, or many in a row are not, or the address is not known there; never
 *   names the path, which holds the token
 */
export async function postAll(
  url: URL,
  notifications: readonly Notification[],
  { signal, now, onPosted = () => {} }: PostOptions
): Promise<PostSummary> {
  const began = now()
  const soFar: PostSummary = { posted: 0, accepted: 0, refused: new Map(), seconds: 0 }
  const inFlight = new Set<Promise<void>>()
  const failure = new AbortController() // its reason is the error
  let unanswered = 0

  async function post({ body }: Notification): Promise<void> {
    const status = await postOne(url, body)
    soFar.seconds = (now() - began) / 1000
    if (status === null) unanswered++
    else unanswered = 0
    if (status !== null && status >= 200 && status < 300) soFar.accepted++
    else soFar.refused.set(String(status ?? 'no answer'), (soFar.refused.get(String(status ?? 'no answer')) ?? 0) + 1)
    if (status === 404)
      failure.abort(new SimulateError(`${url.origin} knows no such address (404): is the token right?`))
    if (unanswered === MAX_UNANSWERED_IN_A_ROW || (status === null && soFar.posted === 1))
      failure.abort(new SimulateError(`${url.origin} does not answer: does the service run?`))
    onPosted(soFar)
  }

  const stopped = AbortSignal.any([signal, failure.signal])
  for (const notification of notifications) {
    await waitUntilDue(notification.at - now(), stopped)
    // the first answer tells whether there is anybody
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
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {}) // it only rejects when it is to stop
}
