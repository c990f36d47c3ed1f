import { ROLE } from './cluster.js'
import type { Place } from './paths.js'

/** The form that pg takes for a unix socket: its folder, percent-encoded, in the place of the host. */
export function urlOf (place: Place, password: string, database: string): string {
  return `postgres://${ROLE}:${password}@${encodeURIComponent(place.run)}:5432/${encodeURIComponent(database)}`
}
