import { readFileSync } from 'node:fs'
import { OpenFilesError } from '../errors.js'

/** Half of them is for connections, the rest for the event log, the database and Node.js itself. */
const LEAST_OPEN_FILES = 1024

/** Returns how many files this process may open (Node raises it to the hard limit), or Infinity when it is unknown. */
export function openFilesLimit(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit)
  } catch {
    return Number.POSITIVE_INFINITY // not Linux
  }
}

/** @throws OpenFilesError  when this process may open too few files for the service */
export function requireOpenFiles(limit = openFilesLimit()): void {
  if (limit < LEAST_OPEN_FILES) throw new OpenFilesError(limit, LEAST_OPEN_FILES)
}
