import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

const DEFAULT_FILE = path.join(PROJECT_ROOT, 'dist/test-times.json')
const UNKNOWN_MS = 3000

export interface Times {
  millisecondsOf: (file: string) => number
  /** Sorts the files that took longest in earlier runs first, so that no lane runs a long one alone at the end. */
  longestFirst: (files: readonly string[]) => string[]
  record: (file: { file: string; milliseconds: number }) => void
  save: () => void
}

/** The durations of the test files when they last passed on this machine. */
export function createTimes(file = DEFAULT_FILE): Times {
  const times: Record<string, number> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const millisecondsOf = (file: string) => times[file] ?? UNKNOWN_MS
  return {
    millisecondsOf,
    longestFirst: files => files.toSorted((one, other) => millisecondsOf(other) - millisecondsOf(one)),
    record: ({ file: name, milliseconds }) => {
      times[name] = milliseconds
    },
    save: () => {
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, JSON.stringify(times))
    }
  }
}
