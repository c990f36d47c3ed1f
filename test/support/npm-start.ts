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
 * Runs the command of `npm start` in an empty folder on a free port, with no other configuration.
 * Resolves when the service is ready. The service is terminated when the test ends, and must exit with code 0.
 */
export async function startWithNpmScript(t: Test): Promise<StartedService> {
  const { scripts } = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  } // the package.json of the project
  const dataDir = tempDir(t)
  const [port = 0] = await freePorts(1)
  const { PATH, HOME, TMPDIR, MCS_TEST_RUN } = process.env
  const child = spawn(...withoutHooks('bash', ['-c', scripts.start]), {
    cwd: PROJECT_ROOT,
    env: { PATH, HOME, TMPDIR, MCS_TEST_RUN, DATA_DIR: dataDir, PORT: String(port), DRAIN_SECONDS: '0' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    const [code] = await exited
    if (code !== 0) throw new Error(`the service exited with code ${code}`)
  })
  await untilReady(child.stdout, exited)
  return { port, dataDir }
}

async function untilReady(stdout: NodeJS.ReadableStream, exited: Promise<unknown>): Promise<void> {
  const lines = createInterface(stdout)
  const ready = new Promise<void>(resolve => {
    lines.on('line', line => {
      if (line.includes('"msg":"ready"')) resolve()
    }) // keep reading after the line: a full pipe would block the service
  })
  await Promise.race([
    ready,
    exited.then(() => {
      throw new Error('the service exited before it was ready')
    })
  ])
}
