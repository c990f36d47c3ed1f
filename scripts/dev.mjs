// Compiles src, starts the service, and restarts it whenever a file in src changes: npm run dev
//
// Arguments go to the command line of the service: "npm run dev -- simulate --speed 10"; the default is "start".
// Type errors do not stop it ("npm run check" finds them); a syntax error leaves the running service as it is.
// Plain JavaScript, because it runs before anything is compiled.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '..')
const MAIN = path.join(ROOT, 'dist/src/main.js')
const SETTLE_MS = 100 // an editor saves, and git checks out, several files at once

const args = process.argv.length > 2 ? process.argv.slice(2) : ['start']
/**
 * idle      the service runs, or waits for a change because it could not be built or has ended
 * updating  changed files are compiled, then the service is restarted
 * ending    a signal was received: the service is being stopped, and nothing is started any more
 */
let state = 'idle'
let service = null // the running child process
let changed = new Set() // files that changed since the last build

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void end(signal))
watch(path.join(ROOT, 'src'), { recursive: true }, (_event, name) => {
  if (!name?.endsWith('.ts')) return
  changed.add(`src/${name}`)
  setTimeout(() => void update(), SETTLE_MS)
})
if (await compile()) startService()
else say('fix the errors above: the service starts after the next change')

/** Builds and restarts until nothing has changed meanwhile. */
async function update() {
  if (state !== 'idle') return
  state = 'updating'
  while (changed.size > 0 && state === 'updating') {
    const files = [...changed]
    changed = new Set()
    if (!(await compile())) {
      say(`${files.join(', ')} cannot be compiled: waiting for the next change`)
      continue
    }
    say(`${files.length > 3 ? `${files.length} files` : files.join(', ')} changed: restarting the service`)
    await stopService('SIGTERM')
    if (state === 'updating') startService()
  }
  if (state === 'updating') state = 'idle'
}

async function compile() {
  const build = spawn(process.execPath, [path.join(ROOT, 'scripts/build.mjs')], { stdio: 'inherit' })
  const [code] = await once(build, 'exit')
  return code === 0
}

function startService() {
  const child = spawn(process.execPath, ['--enable-source-maps', MAIN, ...args], {
    cwd: ROOT,
    env: { DRAIN_SECONDS: '0', ...process.env },
    stdio: 'inherit'
  })
  child.once('exit', (code, signal) => {
    if (service !== child) return // it was stopped here
    service = null
    if (state !== 'ending')
      say(`the service ended (${signal ?? `exit code ${code}`}): it starts again after the next change`)
  })
  service = child
}

async function stopService(signal) {
  const child = service
  service = null
  if (!child) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

/** Ctrl-C on a terminal reaches the service as well, which treats two signals in quick succession as one. */
async function end(signal) {
  if (state === 'ending') return
  state = 'ending'
  await stopService(signal)
  process.exit(0)
}

function say(text) {
  process.stderr.write(`dev: ${text}\n`)
}
