import { isAcknowledged, type Post } from '../load.js'

/** Returns acknowledged ids whose event is not stored. */
export function lostIds(posts: readonly Post[], storedIds: readonly string[]): string[] {
  const stored = new Set(storedIds)
  return acknowledgedIds(posts).filter(id => !stored.has(id))
}

/** Returns ids that are stored more than once. */
export function duplicateIds(storedIds: readonly string[]): string[] {
  const seen = new Set<string>()
  const duplicates = new Set<string>()
  for (const id of storedIds) (seen.has(id) ? duplicates : seen).add(id)
  return [...duplicates]
}

/** Returns stored ids that were not posted: the id of an event has changed on the way. */
export function unexpectedIds(posts: readonly Post[], storedIds: readonly string[]): string[] {
  const posted = new Set(posts.map(({ id }) => id))
  return storedIds.filter(id => !posted.has(id))
}

/** Returns each acknowledged id once. */
function acknowledgedIds(posts: readonly Post[]): string[] {
  return [...new Set(posts.filter(isAcknowledged).map(({ id }) => id))]
}
