import type { FastifyInstance, FastifyRequest } from 'fastify'
import { throttle } from '../lib/throttle.js'
import { raiseAlarm } from '../observability/alarms.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Held from the headers of a webhook to its body. */
    claim: Claim | null
  }
}

const ALARM_EVERY_MS = 60_000

export interface Admission {
  /**
   * Asked before the body is read: false when too much is in flight. Node then discards it as it comes, so that the
   * connection can be kept.
   */
  enter: (request: FastifyRequest) => boolean
  /** Hands over the claim of a request whose body is there: from now on the caller releases it. */
  take: (request: FastifyRequest, bodyBytes: number) => Claim
}

/**
 * Lets requests in while there is room, and frees that of those which end before their body does.
 * @param maxBodyBytes  the largest body that is taken: what one is counted as while it comes in chunks
 */
export function createAdmission(app: FastifyInstance, inFlight: InFlight, maxBodyBytes: number): Admission {
  app.decorateRequest('claim', null)
  const alarm = throttle(ALARM_EVERY_MS, () =>
    raiseAlarm(app.log, { alarm: 'overloaded' }, 'too much waits for the event log: notifications are refused')
  )
  // A body that is too large, or is cut, or comes too slowly: its sender may be gone, but the error comes all the same.
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
      const claim = request.claim as Claim // it has entered
      request.claim = null
      claim.resize(bodyBytes)
      return claim
    }
  }
}

function announcedBytes({ headers }: FastifyRequest): number {
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Number.POSITIVE_INFINITY
}

/** Enough for 128 of the largest bodies, or for 6,000 of the usual 400 bytes, at once. */
const MAX_BYTES = 32 * 1024 * 1024

/** What a request takes besides its body: with a log that hangs, small bodies would otherwise pile up a hundredfold. */
const REQUEST_BYTES = 5 * 1024

/** Room in memory for what is being received, from the first byte of a body until its append has settled. */
export interface InFlight {
  /** Null when there is no room for so many bytes of a body. */
  claim: (bodyBytes: number) => Claim | null
  /** Null, or why notifications are refused, for readiness. */
  trouble: () => string | null
}

export interface Claim {
  /** Corrects it, once the whole body is there. */
  resize: (bodyBytes: number) => void
  /** The request was answered without its append, which goes on. */
  markOverdue: () => void
  /** Once, when nothing of the request is held any more. */
  release: () => void
}

/** @param maxBytes  of bodies, each with what its request takes besides */
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
