import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openLocalLog } from '../../../src/event-log/local/local-log.js'
import type { LogAdapter } from './adapter.js'
import { conform } from './conform.js'

export const local: LogAdapter = {
  newLocation: t => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-log-'))
    t.teardown(() => rmSync(dir, { recursive: true, force: true }))
    return dir
  },
  open: dir => openLocalLog({ dir, segmentBytes: 256 * 1024 }) // small ones, so that every test rolls
}

await conform(import.meta.url, local)
