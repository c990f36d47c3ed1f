import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/**
 * An empty folder that goes with the test. Not the testdir of tap: below a home, the account of Postgres cannot reach
 * it, and it is removed before what was started in it has been stopped.
 */
export function tempDir(t: { teardown: (fn: () => void) => void }): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
