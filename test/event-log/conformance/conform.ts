import { fileURLToPath } from 'node:url'
import { conformanceOf, type LogAdapter } from './adapter.js'
import { appendForever, consumeForever } from './programs.js'

/**
 * Runs the suite over a log. The file that calls this is also run as a process of its own, to be killed, with the name
 * of
 * a program and its arguments; so tap is loaded by the tests alone.
 * @param url  `import.meta.url` of the caller
 */
export async function conform(url: string, adapter: LogAdapter): Promise<void> {
  const file = fileURLToPath(url)
  if (process.argv[1] !== file) return // imported, for its adapter
  const [program, place = '', ...args] = process.argv.slice(2)
  if (program === 'append') return await appendForever(adapter, place, Number(args[0]))
  if (program === 'consume')
    return await consumeForever(adapter, place, { group: args[0] ?? '', dir: args[1] ?? '', writers: Number(args[2]) })
  const { runSuite } = await import('./suite.js')
  runSuite(conformanceOf(adapter, file))
}
