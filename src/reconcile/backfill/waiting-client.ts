import { backOffMs } from '../../lib/backoff.js'
import type { RestClient } from '../../mightycall/rest/client.js'
import { type RestFailure, restFailureOf } from '../../mightycall/rest/failures.js'

export interface WaitingClientOptions {
  now: () => Date
  /** Resolves then; rejects when nobody wants the answer any more. */
  waitUntil: (until: Date, code: string) => Promise<void>
  /** One was sent, whatever came of it. */
  onRequest: () => Promise<void>
}

export const RETRY = { first: 30_000, most: 15 * 60_000 }
/** An answer may be cut by something on its way; one that stays as it is needs somebody to look at it. */
const MAX_UNEXPECTED = 5

/**
 * A client that waits: for the quota and for the end of a block until the instant that is said, for MightyCall to serve
 * again as long as it takes.
 * Page by page: to begin a list anew would spend the one permit that was waited for on its first page, and never come
 * further.
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
          const trouble = restFailureOf(err)
          if (trouble && wasSent(trouble)) await onRequest()
          const until = trouble && retryAt(trouble, failures, now())
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

/** Null: never. */
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
      throw new TypeError(`no patience for ${kind satisfies never}`)
  }
}
