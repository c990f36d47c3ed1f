import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** An empty folder that goes with the test. Not tap's testdir: below a home, the account of Postgres cannot reach it. */
export function tempDir (t: { teardown: (fn: () => void) => void }): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
