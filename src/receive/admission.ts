import type { FastifyInstance, FastifyRequest } from 'fastify'
import { atMostEvery } from '../lib/throttle.js'
import type { Claim, InFlight } from './in-flight.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Held from the headers of a webhook to its body. */
    claim: Claim | null
  }
}

const ALARM_EVERY_MS = 60_000

export interface Admission {
  /** Asked before the body is read: false when too much is in flight. Node then discards it as it comes, so that the connection can be kept. */
  enter: (request: FastifyRequest) => boolean
  /** Hands over the claim of a request whose body is there: from now on the caller releases it. */
  take: (request: FastifyRequest, bodyBytes: number) => Claim
}

/**
 * Lets requests in while there is room, and frees that of those which end before their body does.
 * @param maxBodyBytes  the largest body that is taken: what one is counted as while it comes in chunks
 */
export function createAdmission (app: FastifyInstance, inFlight: InFlight, maxBodyBytes: number): Admission {
  app.decorateRequest('claim', null)
  const alarm = atMostEvery(ALARM_EVERY_MS, () => app.log.error({ alarm: 'overloaded' }, 'too much waits for the event log: notifications are refused'))
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

function announcedBytes ({ headers }: FastifyRequest): number {
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Number.POSITIVE_INFINITY
}
