import { isAcknowledged, type Post } from '../load.js'

const UNAVAILABLE = 503

/** Returns a line for each kind of response that a sender must never get. A broken connection is allowed. */
export function unexpectedRejections(posts: readonly Post[]): string[] {
  const wrong = new Map<string, number>()
  for (const post of posts) {
    if (isAcknowledged(post) || post.status === UNAVAILABLE || post.status === null) continue
    const what = post.status === 'late' ? 'had no response in time' : `were rejected with ${post.status}`
    wrong.set(what, (wrong.get(what) ?? 0) + 1)
  }
  return [...wrong].map(([what, count]) => `${count} ${what}`)
}

/** Returns a line for each notification that was rejected although all processes were ready. */
export function rejectedProbes(probes: readonly Post[]): string[] {
  return probes
    .filter(probe => !isAcknowledged(probe))
    .map(
      ({ id, status }) => `${id} was rejected although all processes were ready: ${status ?? 'the connection broke'}`
    )
}
