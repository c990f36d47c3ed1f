import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { PROJECT_ROOT } from '../../../src/lib/package-root.js'
import type { Context } from '../context.js'
import type { LoadOrder, LoadResult } from './protocol.js'

/** Puts load on a server, one run at a time, and resolves when every request is answered. */
export type Load = (order: LoadOrder) => Promise<LoadResult>

/** Starts a child process for the load, so that it does not share an event loop with the measurement. */
export function startLoad({ teardown }: Pick<Context, 'teardown'>): Load {
  const child = fork(path.join(PROJECT_ROOT, 'dist/test/bench/load/generator.js'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  const exited = once(child, 'exit')
  teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return async order => {
    child.send(order)
    const [result] = await Promise.race([
      once(child, 'message') as Promise<[LoadResult]>,
      exited.then(() => {
        throw new Error('the load process exited')
      })
    ])
    return result
  }
}
