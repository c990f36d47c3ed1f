import { backOffMs } from '../../lib/backoff.js'
import type { RestClient } from '../../mightycall/rest/client.js'
import { type RestFailure, restFailureOf } from '../../mightycall/rest/failures.js'

export interface WaitingClientOptions {
  now: () => Date
  /** Resolves at that time; rejects when the response is not wanted any more. */
  waitUntil: (until: Date, code: string) => Promise<void>
  /** Called after each request that was sent, whether or not it succeeded. */
  onRequest: () => Promise<void>
}

export const RETRY = { first: 30_000, most: 15 * 60_000 }
/** A response may be cut on its way; one that is the same every time needs investigation. */
const MAX_UNEXPECTED = 5

/**
 * A client that waits instead of failing: for the quota and the end of a block until the time that is given for it, and
 * for an unavailable MightyCall as long as it takes. It waits within a list, page by page: starting the list again
 * would spend the one permit that was waited for on the first page, and never get further.
 */
export function createWaitingClient(
  client: RestClient,
  { now, waitUntil, onRequest }: WaitingClientOptions
): RestClient {
  return {
    send: async (route, input, permitClass) => {
      for (let failures = 1; ; failures++) {
        try {
          const answer = await client.send(route, input, permitClass)
          await onRequest()
          return answer
        } catch (err) {
          const failure = restFailureOf(err)
          if (failure && wasSent(failure)) await onRequest()
          const until = failure && retryAt(failure, failures, now())
          if (!until) throw err
          await waitUntil(until, (err as Error & { code: string }).code) // every REST failure has a code
        }
      }
    }
  }
}

function wasSent({ kind }: RestFailure): boolean {
  return kind !== 'quota' && kind !== 'blocked' && kind !== 'auth'
}

/** When to send the request again, or null when that would not help. */
function retryAt({ kind, until }: RestFailure, failures: number, now: Date): Date | null {
  const later = new Date(now.getTime() + backOffMs(failures, RETRY))
  switch (kind) {
    case 'quota':
    case 'blocked':
      return until ?? later
    case 'unavailable':
      return later
    case 'unexpected':
      return failures < MAX_UNEXPECTED ? later : null
    case 'auth':
    case 'refused':
    case 'not-found':
      return null
    default:
      throw new TypeError(`no retry rule for ${kind satisfies never}`)
  }
}
