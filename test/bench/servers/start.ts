import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { PROJECT_ROOT } from '../../../src/lib/package-root.js'
import type { Context } from '../context.js'

export interface Server {
  url: string
  pid: number
}

/** Runs a program of this folder in a child process and resolves when it listens. */
export async function startServer(
  { teardown }: Pick<Context, 'teardown'>,
  program: string,
  env: Record<string, string>
): Promise<Server> {
  const { PATH = '', HOME = '' } = process.env
  const file = path.join(PROJECT_ROOT, 'dist/test/bench/servers', `${program}.js`)
  const child = fork(file, {
    env: { PATH, HOME, ...env },
    execArgv: ['--enable-source-maps'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  const exited = once(child, 'exit')
  teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const [url] = await Promise.race([
    once(child, 'message') as Promise<[string]>,
    exited.then(() => {
      throw new Error(`the server ${program} exited`)
    })
  ])
  return { url, pid: child.pid ?? 0 }
}
