import { fileURLToPath } from 'node:url'
import { conformanceOf, type LogAdapter } from './adapter.js'
import { appendForever, consumeForever } from './programs.js'

/**
 * Runs the suite for an implementation. The calling file is also run as a child process to be killed, with the name of
 * a program and its arguments, so tap is imported by the tests only.
 * @param url  the caller's `import.meta.url`
 */
export async function conform(url: string, adapter: LogAdapter): Promise<void> {
  const file = fileURLToPath(url)
  if (process.argv[1] !== file) return // imported for its adapter
  const [program, location = '', ...args] = process.argv.slice(2)
  if (program === 'append') return await appendForever(adapter, location, Number(args[0]))
  if (program === 'consume')
    return await consumeForever(adapter, location, {
      group: args[0] ?? '',
      dir: args[1] ?? '',
      writers: Number(args[2])
    })
  const { runSuite } = await import('./suite.js')
  runSuite(conformanceOf(adapter, file))
}
