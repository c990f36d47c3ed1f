// Runs the tests: starts the servers that they share (Postgres, Kafka), runs the files, and checks that no process is
// left running.
//
//   npm test                  all files except those of test/full
//   npm test -- flow --bail   the files whose path contains "flow", until the first one that fails
//   npm test -- --verbose     prints every assertion, not only the files and the failures
//   npm test -- --coverage    measures the lines that run, which takes longer
//   npm run test:full         the files of test/full, which take minutes
//   npm run test:campaign     the same files with many more rounds and new random seeds; TEST_SEED repeats a run
//
// TEST_DATABASE_URL, KAFKA_BROKERS: use these servers. REQUIRE_KAFKA=1: fail instead of skipping when there is no
// broker.
// MIN_COVERAGE: the percentage of lines that must run, with --coverage. TEST_JOBS: the number of files that run at
// once.
// The last line is always "N passed, N failed[, N skipped]".
import { randomBytes, randomInt } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { leftoversOf } from './testing/leftovers.js'
import { type Counts, runFiles } from './testing/run-files.js'
import { importersOf, selectTests } from './testing/selection.js'
import { startServices } from './testing/services.js'
import { readCoverage, runWithCoverage } from './testing/tap.js'

const NAME = 'MCS_TEST_RUN'
const JOBS = 3 // more than the processors of a small machine: many files wait for a timer, a process or a server
const began = Date.now()
const run = `${process.pid}-${randomBytes(4).toString('hex')}`
const dir = makeRunDir()
process.env[NAME] = run // every process that is started from here on inherits both
process.env.TMPDIR = dir

const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(130) // a second signal: the supervisors of the servers end them
    interrupt.abort()
  })
}

const counts = await main().catch((err: Error) => {
  console.log(`# ${err.message}`)
  return { passed: 0, failed: 1, skipped: 0 }
})
const left = await leftoversOf({ variable: `${NAME}=${run}`, dir })
for (const line of left) console.log(`# still running: ${line}`)
rmSync(dir, { recursive: true, force: true })
console.log(`# took ${seconds(began)}`)
const failed = counts.failed + left.length
console.log(`${counts.passed} passed, ${failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`)
process.exit(failed || !counts.passed ? 1 : 0)

async function main(): Promise<Counts> {
  const {
    values: { campaign, coverage, verbose, bail, ...values },
    positionals: words
  } = parseArgs({
    allowPositionals: true,
    options: {
      full: { type: 'boolean', default: false },
      campaign: { type: 'boolean', default: false },
      coverage: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      bail: { type: 'boolean', default: false }
    }
  })
  const full = values.full || campaign
  const files = selectTests(words, { full })
  if (files.length === 0) throw new Error('no path of a test file contains one of these words')
  const needBroker = importersOf(files, 'test/support/kafka-for-test.js')
  const services = await startServices(dir, { kafka: needBroker.size > 0 })
  console.log(`# servers ready after ${seconds(began)}`)
  try {
    interrupt.signal.throwIfAborted()
    const options = {
      env: { ...process.env, ...services.env, ...(campaign && { TEST_CAMPAIGN: '1', TEST_SEED: seed() }) },
      signal: interrupt.signal,
      jobs: Number(process.env.TEST_JOBS ?? JOBS),
      timeoutSeconds: campaign ? 3_600 : full ? 900 : 150,
      bail,
      isVerbose: verbose,
      waiting: { files: needBroker, ready: services.kafkaReady }
    }
    if (coverage) await services.kafkaReady
    const result = await (coverage ? runWithCoverage(files, options) : runFiles(files, options))
    if (interrupt.signal.aborted) return { ...result, failed: result.failed || 1 }
    return coverage ? checkCoverage(result) : result
  } finally {
    await services.stop()
  }
}

/** The seed of a campaign: TEST_SEED, or else a random one, which is printed so that the run can be repeated. */
function seed(): string {
  const { TEST_SEED: wanted } = process.env
  const chosen = wanted && wanted !== 'random' ? wanted : String(randomInt(2 ** 31))
  console.log(`# TEST_SEED=${chosen} repeats this campaign`)
  return chosen
}

function checkCoverage(result: Counts): Counts {
  const covered = readCoverage()
  if (!covered) return result
  console.log(`# coverage: ${covered.lines} % of lines, ${covered.branches} % of branches`)
  const wanted = Number(process.env.MIN_COVERAGE ?? 0)
  if (covered.lines >= wanted) return result
  console.log(`# coverage of lines is below ${wanted} %`)
  return { ...result, failed: result.failed + 1 }
}

/** Makes the temporary folder of the run. The folders of killed runs are removed first. */
function makeRunDir(): string {
  for (const name of readdirSync(os.tmpdir())) {
    const pid = /^mcs-run-(\d+)-/.exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) rmSync(path.join(os.tmpdir(), name), { recursive: true, force: true })
  }
  const made = path.join(os.tmpdir(), `mcs-run-${run}`)
  mkdirSync(made)
  chmodSync(made, 0o711) // Postgres that is started by root runs as another user
  return made
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (err) {
    return (err as NodeJS.ErrnoException).code === 'EPERM' // kill throws nothing else
  }
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
