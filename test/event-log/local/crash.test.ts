import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openLog, readAll, tempDir, textOf } from './support/log.js'

const appender = fileURLToPath(new URL('support/append-forever.js', import.meta.url))

for (const round of [1, 2, 3]) {
  t.test(`nothing acknowledged is missing after kill -9, round ${round}`, async t => {
    const dir = tempDir(t)
    const acknowledged = await appendAndKill(dir, 2_000 * round)
    const log = await openLog(t, { dir })
    const stored = (await readAll(log)).map(textOf)
    const known = new Set(stored)
    t.strictSame(acknowledged.filter(text => !known.has(text)), [], `of ${acknowledged.length}`)
    t.strictSame(log.damage(), [])
    t.ok(inOrder(stored), 'each writer\'s records are in its order')
  })
}

/** The lines that a process of 64 writers acknowledged before it was killed, at least so many. */
async function appendAndKill (dir: string, least: number): Promise<string[]> {
  const child = spawn(process.execPath, [appender, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
    if (output.length > least * 6) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return output.slice(0, output.lastIndexOf('\n')).split('\n')
}

function inOrder (texts: readonly string[]): boolean {
  const last = new Map<string, number>()
  return texts.every(text => {
    const [writer = '', n] = text.split('-')
    const next = Number(n) === (last.get(writer) ?? -1) + 1
    last.set(writer, Number(n))
    return next
  })
}
