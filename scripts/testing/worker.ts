// A process that runs test files one after another, so that they share the imports, which take longer than most files:
//
//   node worker.js TIMEOUT DRAIN
//
// It receives the paths of test files, and END, as IPC messages. A file may take TIMEOUT seconds, and then DRAIN
// seconds to close everything that it has opened.
//
// Prints TAP, in which each file is a subtest, and after the result of each file a comment with its report (see
// `FileReport`). `t`, the default export of tap, stands for the subtest of the file that runs.
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { END, type FileReport, REPORT } from './report.js'
import { compiledFile } from './selection.js'

const TIMEOUT_MS = Number(process.argv[2]) * 1000
const DRAIN_MS = Number(process.argv[3]) * 1000
const POLL_MS = 2
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2', 'uncaughtException', 'unhandledRejection'] as const

// The root test's own, taken before `t` is redirected. `addFile`, called without an object, acts on the root test.
const { test: addFile, counts } = t
t.pipe(process.stdout) // which adds its listeners to the process, before any file does
let current: Test | null = null
redirect()

const messages: string[] = []
process.on('message', (message: string) => messages.push(message))
const disconnected = once(process, 'disconnect')
const idleResources = resources()

for (;;) {
  process.channel?.ref()
  while (messages.length === 0 && process.connected) await Promise.race([once(process, 'message'), disconnected])
  const file = messages.shift()
  if (file === undefined || file === END) break
  // While a file runs, the channel does not keep the process alive: a test that waits for something that never happens
  // ends the process, and fails.
  process.channel?.unref()
  await runFile(file)
}
if (process.connected) process.disconnect()

async function runFile(file: string): Promise<void> {
  const before = { ...counts }
  const state = processState()
  const began = performance.now()
  const compiled = path.join(PROJECT_ROOT, compiledFile(file))
  process.argv[1] = compiled // by which a file knows whether it is run or imported by another one
  await addFile(file, { timeout: TIMEOUT_MS }, async test => {
    current = test
    await import(pathToFileURL(compiled).href)
  })
  current = null
  const left = await resourcesLeft()
  const changed = changesSince(state)
  const report: FileReport = {
    file,
    milliseconds: Math.round(performance.now() - began),
    passed: counts.pass - before.pass,
    failed: counts.fail + counts.todo - before.fail - before.todo,
    skipped: counts.skip - before.skip,
    faults: [
      ...(counts.total === before.total ? ['it contains no test'] : []),
      ...(left.length > 0 ? [`left open after ${DRAIN_MS / 1000} s: ${left.join(', ')}`] : []),
      ...(changed.length > 0 ? [`changed the state of the process: ${changed.join(', ')}`] : [])
    ]
  }
  // `comment` of tap would print it only before the next result
  process.stdout.write(`# ${REPORT}${JSON.stringify(report)}\n`)
}

/** Makes `t` stand for the test of the current file: `t` is one object in a process, and all files import it. */
function redirect(): void {
  const own: object = Object.getPrototypeOf(t)
  const methods = {
    get: (_: object, key: PropertyKey) => {
      if (!current) return Reflect.get(own, key)
      const value: unknown = Reflect.get(current, key)
      return typeof value === 'function' ? value.bind(current) : value
    },
    set: (_: object, key: PropertyKey, value: unknown) => Reflect.set(current ?? own, key, value),
    has: (_: object, key: PropertyKey) => Reflect.has(current ?? own, key)
  }
  Object.setPrototypeOf(t, new Proxy({}, methods))
}

/** Returns the resources that an idle process does not have. Waits for them to be closed first. */
async function resourcesLeft(): Promise<string[]> {
  for (const end = Date.now() + DRAIN_MS; ; await sleep(POLL_MS)) {
    const open = resources()
    for (const name of idleResources) {
      const at = open.indexOf(name)
      if (at >= 0) open.splice(at, 1)
    }
    if (open.length === 0 || Date.now() > end) return open
  }
}

function resources(): string[] {
  return process.getActiveResourcesInfo()
}

interface ProcessState {
  env: NodeJS.ProcessEnv
  cwd: string
  listeners: Record<string, number>
}

function processState(): ProcessState {
  return {
    env: { ...process.env },
    cwd: process.cwd(),
    listeners: Object.fromEntries(SIGNALS.map(signal => [signal, process.listenerCount(signal)]))
  }
}

/** The names of the changed parts of the state. A file that changes any has to run in its own process. */
function changesSince(before: ProcessState): string[] {
  const now = processState()
  const names = new Set([...Object.keys(before.env), ...Object.keys(now.env)])
  return [
    ...[...names].filter(name => before.env[name] !== now.env[name]).map(name => `process.env.${name}`),
    ...(before.cwd === now.cwd ? [] : ['process.cwd()']),
    ...SIGNALS.filter(signal => (now.listeners[signal] ?? 0) > (before.listeners[signal] ?? 0)).map(
      signal => `process.on('${signal}')`
    )
  ]
}
