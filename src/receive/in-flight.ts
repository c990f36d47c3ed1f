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
  late: () => void
  /** Once, when nothing of the request is held any more. */
  release: () => void
}

/** @param maxBytes  of bodies, each with what its request takes besides */
export function createInFlight (maxBytes = MAX_BYTES): InFlight {
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
        late: () => {
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
