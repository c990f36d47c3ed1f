import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { createDigest, type EndedFile, failureNames, relevantLines } from './digest.js'
import { createProgress } from './progress.js'
import { END } from './report.js'
import { createTimes } from './times.js'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export interface RunOptions {
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  /** The number of files that run at the same time. */
  jobs: number
  /** How long a file may take. */
  timeoutSeconds: number
  /** How long a file may take, after its tests, to close everything that it has opened. */
  drainSeconds?: number
  /** True to stop at the first file that fails. */
  bail: boolean
  /** True to print every assertion, not only the files and the failures. */
  isVerbose: boolean
  /** The files that wait for something, and what they wait for; the others run first. */
  waiting?: { files: ReadonlySet<string>; ready: Promise<void> }
  /** Where the times of former runs are kept. */
  timesFile?: string
  log?: (text: string) => void
}

const WORKER = path.join(import.meta.dirname, 'worker.js')
const DRAIN_SECONDS = 10
const OWN_PROCESS = /^\/\/ Own process: .+/m
const EXPECTED_AT_END = /^(1\.\.\d+|# \{ total: .*|# time=.*|TAP version .*|# (Subtest|failed|skip|todo).*)$/

/**
 * Runs the test files, each given by the path of its source, and prints their results.
 *
 * Most files share a few processes (see worker.ts). A file with a comment line `// Own process: REASON` has its own.
 */
export async function runFiles(files: readonly string[], options: RunOptions): Promise<Counts> {
  const { signal, jobs, bail, isVerbose, waiting, timesFile, log = console.log } = options
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  const failures: string[] = []
  const times = createTimes(timesFile)
  const queue = times.longestFirst(files)
  const progress = createProgress({ files: queue, millisecondsOf: times.millisecondsOf, jobs, log })
  let ended = 0
  let canRunAll = !waiting
  waiting?.ready.then(
    () => {
      canRunAll = true
    },
    () => {} // the lane that awaits it fails
  )

  const takeFile = async () => {
    const next = canRunAll ? 0 : queue.findIndex(file => !waiting?.files.has(file))
    if (next < 0) await waiting?.ready
    return queue.splice(Math.max(next, 0), 1)[0]
  }

  const report = (file: EndedFile) => {
    counts.passed += file.passed
    counts.skipped += file.skipped
    counts.failed += file.ok ? 0 : Math.max(1, file.failed + file.faults.length)
    if (!file.ok) failures.push(...failureNames(file.lines), ...file.faults.map(fault => `${file.file}: ${fault}`))
    else times.record(file)
    ended++
    const lines = [
      ...(isVerbose ? file.lines : relevantLines(file)),
      ...file.faults.map(fault => `# ${file.file}: ${fault}`),
      `${file.ok ? 'ok' : 'not ok'} ${ended}/${files.length} - ${file.file} # time=${file.milliseconds}ms`
    ]
    progress.print(lines.join('\n'))
    progress.end(file)
    if (!file.ok && bail) queue.length = 0
  }

  const runLane = async () => {
    let shared: Worker | null = null
    for (let file = await takeFile(); file && !signal.aborted; file = await takeFile()) {
      progress.begin(file)
      const isAlone = needsOwnProcess(file)
      const worker: Worker = (isAlone ? null : shared) ?? startWorker(options)
      const result = await worker.run(file)
      if (isAlone || !result.ok) result.faults.push(...(await worker.end({ failed: !result.ok })))
      result.ok &&= result.faults.length === 0
      if (!isAlone) shared = result.ok ? worker : null // the state that a failed file leaves may affect the next one
      report(result)
    }
    for (const fault of (await shared?.end({ failed: false })) ?? []) {
      counts.failed++
      failures.push(`after the last file of a shared process: ${fault}`)
    }
  }

  await Promise.all(Array.from({ length: jobs }, runLane))
  progress.close()
  times.save()
  for (const name of failures) log(`# failed: ${name}`)
  return counts
}

function needsOwnProcess(file: string): boolean {
  return OWN_PROCESS.test(readFileSync(path.join(PROJECT_ROOT, file), 'utf8'))
}

interface Worker {
  run: (file: string) => Promise<EndedFile>
  /** Ends the process, and returns the problems that it had in ending. */
  end: (how: { failed: boolean }) => Promise<string[]>
}

function startWorker({ env, signal, timeoutSeconds, drainSeconds = DRAIN_SECONDS }: RunOptions): Worker {
  const child = fork(WORKER, [String(timeoutSeconds), String(drainSeconds)], {
    cwd: PROJECT_ROOT,
    env: { ...env, TAP_TIMEOUT: '0' }, // for the root test, which lasts as long as the process
    execArgv: ['--enable-source-maps'],
    detached: true, // in a group of its own, so that one signal ends it with the processes that it has started
    stdio: ['ignore', 'pipe', 'inherit', 'ipc']
  })
  child.on('error', () => {})
  // not sent to a process that has ended, which is reported
  const send = (message: string) => child.send(message, () => {})
  const closed = once(child, 'close')
  const kill = () => killGroup(child)
  signal.addEventListener('abort', kill, { once: true })
  void closed.then(() => signal.removeEventListener('abort', kill))

  const digest = createDigest()
  const ended: EndedFile[] = []
  let wake = () => {}
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    ended.push(...digest.write(text))
    wake()
  })

  return {
    async run(file) {
      const began = performance.now()
      let isLate = false
      const timer = setTimeout(
        () => {
          isLate = true
          kill()
        },
        (timeoutSeconds + 2 * drainSeconds) * 1000
      )
      send(file)
      const result = new Promise<EndedFile>(resolve => {
        wake = () => {
          const next = ended.shift()
          if (next) resolve(next)
        }
        wake()
      })
      const died = closed.then((): EndedFile => {
        const how = child.signalCode ?? `code ${child.exitCode}`
        const fault = isLate ? `took longer than ${timeoutSeconds} s` : `its process ended with ${how} before it did`
        const milliseconds = Math.round(performance.now() - began)
        return { file, ok: false, lines: digest.end(), milliseconds, passed: 0, failed: 0, skipped: 0, faults: [fault] }
      })
      return await Promise.race([result, died]).finally(() => clearTimeout(timer))
    },
    async end({ failed }) {
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        kill()
      }, drainSeconds * 1000)
      if (child.connected) send(END) // after `child.disconnect()` Node 20 emits no "close"
      await closed
      clearTimeout(timer)
      if (failed) return [] // the failure was reported, and the exit code adds nothing
      const unexpected = digest.end().filter(line => !EXPECTED_AT_END.test(line))
      return [
        ...(isLate ? ['its process did not end'] : []),
        ...(child.exitCode === 0 || isLate ? [] : [`its process ended with ${child.signalCode ?? child.exitCode}`]),
        ...unexpected
      ]
    }
  }
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}
