/** What the load process is asked for, one run at a time. */
export interface LoadOrder {
  /** Of the server under load. */
  url: string
  path: string
  connections: number
  seconds: number
  /** The begin of each call id, 18 characters: no two runs share theirs. */
  prefix: string
  /** Makes each body about so long; absent is as documented. */
  padBytes?: number
}

export interface LoadResult {
  /** Each has sent a notification that no other request of the run has; its number tells which. */
  requests: number
  /** The numbers of those that were not answered 2xx. */
  refused: number[]
  /** How many answers had each status; 0 for none at all. */
  statuses: Record<number, number>
  /** Refused with a 503 within 100 ms. */
  refusedAtOnce: number
  seconds: number
  /** What the load itself has cost. */
  cpuSeconds: number
  p50Ms: number
  p99Ms: number
}
