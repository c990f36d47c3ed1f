import { isAcknowledged, type Post } from '../load.js'

const NOT_NOW = 503

/** A line for each kind of answer that a sender must never get. A connection may break: nothing was promised then. */
export function wrongRefusals(posts: readonly Post[]): string[] {
  const wrong = new Map<string, number>()
  for (const post of posts) {
    if (isAcknowledged(post) || post.status === NOT_NOW || post.status === null) continue
    const what = post.status === 'late' ? 'had no answer in time' : `were refused with ${post.status}`
    wrong.set(what, (wrong.get(what) ?? 0) + 1)
  }
  return [...wrong].map(([what, count]) => `${count} ${what}`)
}

/** A line for each notification that was refused although everything had said that it was ready. */
export function liesOfReadiness(probes: readonly Post[]): string[] {
  return probes
    .filter(probe => !isAcknowledged(probe))
    .map(({ id, status }) => `ready, and yet ${id} was refused: ${status ?? 'the connection broke'}`)
}
