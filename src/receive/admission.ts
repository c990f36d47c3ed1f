import type { FastifyInstance, FastifyRequest } from 'fastify'
import { throttle } from '../lib/throttle.js'
import { raiseAlarm } from '../observability/alarms.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** The memory claimed for a webhook between its headers and its body. */
    claim: Claim | null
  }
}

const ALARM_EVERY_MS = 60_000

export interface Admission {
  /**
   * Called before the body is read; returns false when too much is in flight. Node then discards the body while it
   * arrives, so that the connection can be kept.
   */
  enter: (request: FastifyRequest) => boolean
  /** Transfers the claim of a request with a complete body to the caller, who has to release it. */
  take: (request: FastifyRequest, bodyBytes: number) => Claim
}

/**
 * Admits requests while there is memory, and releases the claims of requests that end before their body does.
 * @param maxBodyBytes  the largest accepted body; a chunked body counts as this size until it is complete
 */
export function createAdmission(app: FastifyInstance, inFlight: InFlight, maxBodyBytes: number): Admission {
  app.decorateRequest('claim', null)
  const alarm = throttle(ALARM_EVERY_MS, () =>
    raiseAlarm(app.log, { alarm: 'overloaded' }, 'too much waits for the event log: notifications are refused')
  )
  // For a body that is too large, truncated or too slow. The hook also runs when the sender has disconnected.
  app.addHook('onError', async request => {
    request.claim?.release()
    request.claim = null
  })
  return {
    enter: request => {
      request.claim = inFlight.claim(Math.min(announcedBytes(request), maxBodyBytes))
      if (!request.claim) alarm()
      return request.claim !== null
    },
    take: (request, bodyBytes) => {
      const claim = request.claim as Claim // set by enter
      request.claim = null
      claim.resize(bodyBytes)
      return claim
    }
  }
}

function announcedBytes({ headers }: FastifyRequest): number {
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Number.POSITIVE_INFINITY
}

/** Enough for 128 bodies of the maximum size, or for 6,000 of the usual 400 bytes, at the same time. */
const MAX_BYTES = 32 * 1024 * 1024

/** Memory of a request without its body. Without it, a hanging log would let a hundred times as many requests in. */
const REQUEST_BYTES = 5 * 1024

/** Accounts for the memory of requests, from the first byte of a body until its append has settled. */
export interface InFlight {
  /** Returns `null` when there is no memory for a body of this size. */
  claim: (bodyBytes: number) => Claim | null
  /** Why notifications are refused, for readiness, or `null`. */
  trouble: () => string | null
}

interface Claim {
  /** Corrects the claimed size when the body is complete. */
  resize: (bodyBytes: number) => void
  /** Marks the append as overdue: the response was sent before it settled. */
  markOverdue: () => void
  /** Must be called exactly once, when nothing of the request is kept in memory. */
  release: () => void
}

/** @param maxBytes  the memory of all bodies and their requests */
export function createInFlight(maxBytes = MAX_BYTES): InFlight {
  let used = 0
  let overdue = 0
  return {
    claim: bodyBytes => {
      let held = bodyBytes + REQUEST_BYTES
      let isLate = false
      if (used + held > maxBytes) return null
      used += held
      return {
        resize: bodyBytes => {
          used += bodyBytes + REQUEST_BYTES - held
          held = bodyBytes + REQUEST_BYTES
        },
        markOverdue: () => {
          isLate = true
          overdue++
        },
        release: () => {
          used -= held
          if (isLate) overdue--
        }
      }
    },
    trouble: () => {
      if (overdue > 0) return 'the event log does not answer'
      return used + REQUEST_BYTES > maxBytes ? 'too much waits for the event log' : null
    }
  }
}
