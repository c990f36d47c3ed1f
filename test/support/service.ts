import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { eventually } from './eventually.js'
import type { Teardown } from './teardown.js'
import { withoutHooks } from './without-hooks.js'

export interface RunningService {
  url: string
  token: string
  adminKey: string
  /** Returns the output of both streams so far. */
  output: () => string
  child: ChildProcess
  /** Sends the signal and resolves with the exit code, or null when the signal killed the process. */
  end: (signal: NodeJS.Signals) => Promise<number | null>
  post: (notification: unknown) => Promise<number>
  get: (path: string) => Promise<unknown>
}

export const MAIN = path.join(PROJECT_ROOT, 'dist/src/main.js')

/** Runs a command of the project in a child process and resolves when it has exited. */
export async function runCommand(
  args: readonly string[],
  env: Record<string, string>
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawnMain(args, env)
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: stdout(), stderr: stderr() }
}

/** Output that no service may print: a leak of listeners, and work that continues after its resources are closed. */
const NEVER_PRINTED = /^.*(?:MaxListenersExceededWarning|after calling end on the pool).*$/m

/**
 * Starts the real service on a free port; it is killed when the test ends, which fails if the service has printed what
 * no service may print. Secrets that `env` lacks are read from DATA_DIR.
 */
export async function startServiceProcess(
  t: Teardown,
  env: Record<string, string> & { DATA_DIR: string },
  main = MAIN
): Promise<RunningService> {
  const child = spawnProgram(main, ['start'], { PORT: '0', DRAIN_SECONDS: '0', ...env })
  const closed = once(child, 'close')
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await closed
    return child.exitCode
  }
  t.teardown(async () => {
    await end('SIGKILL')
    const [wrong] = NEVER_PRINTED.exec(output()) ?? []
    if (wrong !== undefined) throw new Error(`the service has printed: ${wrong}`)
  })
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  const output = () => stdout() + stderr()
  await eventually(
    'the service listens',
    () =>
      /"msg":"(ready|listening, but not ready yet)"/.test(stdout()) ||
      child.exitCode !== null ||
      child.signalCode !== null,
    30_000
  )
  const url = /"url":"([^"]+)"/.exec(stdout())?.[1]
  if (!url) throw new Error(`the service did not start: ${output()}`)
  const { WEBHOOK_TOKENS = '', ADMIN_KEY = '' } = env.ADMIN_KEY
    ? env
    : parseEnv(readFileSync(path.join(env.DATA_DIR, 'secrets.env'), 'utf8'))
  return {
    url,
    token: WEBHOOK_TOKENS,
    adminKey: ADMIN_KEY,
    output,
    child,
    end,
    post: async notification => {
      const request = { method: 'POST', body: JSON.stringify(notification) }
      return (await send(`/webhooks/mightycall/${WEBHOOK_TOKENS}`, request)).status
    },
    get: async path => (await send(path, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })).json()
  }

  /** A request that gets no answer fails with its cause and with the end of what the service has printed. */
  async function send(path: string, init: RequestInit): Promise<Response> {
    return fetch(url + path, init).catch((err: Error) => {
      const { exitCode, signalCode } = child
      throw new Error(`${err.message}: ${err.cause}; exit ${exitCode ?? signalCode}: ${output().slice(-2_000)}`)
    })
  }
}

/** Returns random secrets for the configuration. */
export function randomSecrets(): { WEBHOOK_TOKENS: string; ADMIN_KEY: string } {
  return { WEBHOOK_TOKENS: randomBytes(32).toString('base64url'), ADMIN_KEY: randomBytes(32).toString('base64url') }
}

/** Spawns a command of the project. */
export function spawnMain(args: readonly string[], env: Record<string, string>) {
  return spawnProgram(MAIN, args, env)
}

/** Spawns a compiled program. The environment lacks variables that would configure the service by accident. */
export function spawnProgram(file: string, args: readonly string[], env: Record<string, string>) {
  const { PATH = '', HOME = '', TMPDIR, MCS_TEST_RUN } = process.env
  const inherited = { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...(MCS_TEST_RUN && { MCS_TEST_RUN }) }
  return spawn(...withoutHooks(process.execPath, ['--enable-source-maps', file, ...args]), {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: PROJECT_ROOT
  })
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}
