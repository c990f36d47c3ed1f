import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Teardown } from './teardown.js'

/**
 * Creates an empty folder that is removed after the test. The testdir of tap does not fit: below a home directory the
 * user of Postgres cannot access it, and it is removed before the programs that run in it have stopped.
 */
export function tempDir(t: Teardown): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
