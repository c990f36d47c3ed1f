import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { freePorts } from './free-ports.js'
import { tempDir } from './temp-dir.js'
import { withoutHooks } from './without-hooks.js'

export interface StartedService {
  port: number
  dataDir: string
}

/**
 * Runs what `npm start` runs, in an empty folder on a free port, with no other variable of ours set.
 * Resolves when it is ready; it is told to stop when the test ends, and has to do so in order.
 */
export async function startByScript(t: Test): Promise<StartedService> {
  const { scripts } = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  } // our own file
  const dataDir = tempDir(t)
  const [port = 0] = await freePorts(1)
  const { PATH, HOME, TMPDIR, MCS_TEST_RUN } = process.env
  const child = spawn(...withoutHooks('bash', ['-c', scripts.start]), {
    cwd: PROJECT_ROOT,
    env: { PATH, HOME, TMPDIR, MCS_TEST_RUN, DATA_DIR: dataDir, PORT: String(port), DRAIN_SECONDS: '0' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const gone = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    const [code] = await gone
    if (code !== 0) throw new Error(`the service ended with ${code}`)
  })
  await readyLine(child.stdout, gone)
  return { port, dataDir }
}

async function readyLine(stdout: NodeJS.ReadableStream, gone: Promise<unknown>): Promise<void> {
  const lines = createInterface(stdout)
  const ready = new Promise<void>(resolve => {
    lines.on('line', line => {
      if (line.includes('"msg":"ready"')) resolve()
    }) // read to the end: a full pipe would stop the service
  })
  await Promise.race([
    ready,
    gone.then(() => {
      throw new Error('the service ended before it was ready')
    })
  ])
}
