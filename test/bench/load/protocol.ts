/** A request to the load process to execute a run. */
export interface LoadOrder {
  /** The URL of the server under load. */
  url: string
  path: string
  connections: number
  seconds: number
  /** The prefix of each call id, 18 characters, unique to the run. */
  prefix: string
  /** The number of bytes to add to each body; default: none. */
  padBytes?: number
}

export interface LoadResult {
  /** The number of requests. Each has sent a different notification, given by its number. */
  requests: number
  /** The numbers of the requests that were not answered with 2xx. */
  rejected: number[]
  /** The count of responses by status; 0 stands for no response. */
  statuses: Record<number, number>
  /** The number of requests rejected with 503 within 100 ms. */
  rejectedAtOnce: number
  seconds: number
  /** The CPU time of the load process. */
  cpuSeconds: number
  p50Ms: number
  p99Ms: number
}
