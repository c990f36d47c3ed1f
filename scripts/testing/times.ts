import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

const FILE = path.join(PROJECT_ROOT, 'dist/test-times.json')
const UNKNOWN_MS = 3000

export interface Times {
  millisecondsOf: (file: string) => number
  /** The files that took longest in former runs come first, so that no lane runs a long one alone at the end. */
  longestFirst: (files: readonly string[]) => string[]
  record: (file: { file: string; milliseconds: number }) => void
  save: () => void
}

/** How long the test files took when they last passed here. */
export function createTimes(): Times {
  const times: Record<string, number> = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {}
  const millisecondsOf = (file: string) => times[file] ?? UNKNOWN_MS
  return {
    millisecondsOf,
    longestFirst: files => files.toSorted((one, other) => millisecondsOf(other) - millisecondsOf(one)),
    record: ({ file, milliseconds }) => {
      times[file] = milliseconds
    },
    save: () => {
      mkdirSync(path.dirname(FILE), { recursive: true })
      writeFileSync(FILE, JSON.stringify(times))
    }
  }
}
