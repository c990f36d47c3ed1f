// Runs the tests: starts what they share (Postgres, Kafka), then tap, then makes sure that nothing was left running.
//
//   npm test                  all of them
//   npm test -- flow --bail   the files whose path holds "flow", until the first one that fails
//   npm test -- --verbose     with every assertion, not only the files and what failed
//   npm test -- --coverage    with how much of the lines has run, which takes longer
//   npm run test:full         those of test/full instead, which take minutes
//
// TEST_DATABASE_URL, KAFKA_BROKERS: use these servers. REQUIRE_KAFKA=1: no broker is a failure, not a skip.
// MIN_COVERAGE: percent of lines that must have run, with --coverage. The last line is always "N passed, N failed[, N
// skipped]".
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { leftoversOf } from './testing/leftovers.js'
import { anyImports, selectTests } from './testing/selection.js'
import { startServices } from './testing/services.js'
import { type Counts, coverage, runTap } from './testing/tap.js'

const NAME = 'MCS_TEST_RUN'
const began = Date.now()
const run = `${process.pid}-${randomBytes(4).toString('hex')}`
const dir = makeRunDir()
process.env[NAME] = run // everything that is started from here on inherits both
process.env.TMPDIR = dir

const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(130) // asked twice: the keepers end the servers
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
  const full = process.argv.includes('--full')
  const isCovered = process.argv.includes('--coverage')
  const isVerbose = process.argv.includes('--verbose')
  const words = process.argv.slice(2).filter(word => !['--full', '--coverage', '--verbose'].includes(word))
  const files = selectTests(
    words.filter(word => !word.startsWith('-')),
    { full }
  )
  if (files.length === 0) throw new Error('no test file has this in its path')
  const services = await startServices(dir, { kafka: anyImports(files, 'test/support/kafka-for-test.js') })
  console.log(`# servers ready after ${seconds(began)}`)
  try {
    interrupt.signal.throwIfAborted()
    const options = [...(full ? ['--timeout=900'] : []), ...words.filter(word => word.startsWith('-'))]
    const result = await runTap([...options, ...files], {
      env: { ...process.env, ...services.env },
      signal: interrupt.signal,
      isCovered,
      isVerbose
    })
    return interrupt.signal.aborted ? { ...result, failed: result.failed || 1 } : withCoverage(result)
  } finally {
    await services.stop()
  }
}

function withCoverage(result: Counts): Counts {
  const covered = coverage()
  if (!covered) return result
  console.log(`# coverage: ${covered.lines} % of lines, ${covered.branches} % of branches`)
  const wanted = Number(process.env.MIN_COVERAGE ?? 0)
  if (covered.lines >= wanted) return result
  console.log(`# coverage of lines is below ${wanted} %`)
  return { ...result, failed: result.failed + 1 }
}

/** A temporary folder for all of the run. What killed runs have left is removed first. */
function makeRunDir(): string {
  for (const name of readdirSync(os.tmpdir())) {
    const pid = /^mcs-run-(\d+)-/.exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) rmSync(path.join(os.tmpdir(), name), { recursive: true, force: true })
  }
  const made = path.join(os.tmpdir(), `mcs-run-${run}`)
  mkdirSync(made)
  chmodSync(made, 0o711) // run by root, Postgres has an account of its own
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
