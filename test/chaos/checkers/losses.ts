import { isAcknowledged, type Post } from '../load.js'

/** Ids that were acknowledged, and whose event is not stored. */
export function lostIds(posts: readonly Post[], storedIds: readonly string[]): string[] {
  const stored = new Set(storedIds)
  return acknowledgedIds(posts).filter(id => !stored.has(id))
}

/** Ids that are stored more than once. */
export function doubledIds(storedIds: readonly string[]): string[] {
  const seen = new Set<string>()
  const doubled = new Set<string>()
  for (const id of storedIds) (seen.has(id) ? doubled : seen).add(id)
  return [...doubled]
}

/** Stored ids that nobody has posted: an event that changed its identity on the way. */
export function strangeIds(posts: readonly Post[], storedIds: readonly string[]): string[] {
  const posted = new Set(posts.map(({ id }) => id))
  return storedIds.filter(id => !posted.has(id))
}

/** Each once. */
function acknowledgedIds(posts: readonly Post[]): string[] {
  return [...new Set(posts.filter(isAcknowledged).map(({ id }) => id))]
}
