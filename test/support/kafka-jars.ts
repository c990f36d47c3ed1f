import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

const VERSION = process.env.KAFKA_VERSION ?? '4.4.0'
const CACHE = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache')
const JARS = process.env.KAFKA_JARS ?? path.join(CACHE, 'mightycall-stream', `kafka-${VERSION}`)
const POM = path.join(PROJECT_ROOT, 'test/support/kafka-pom.xml')

export const JAVA = process.env.JAVA_HOME ? path.join(process.env.JAVA_HOME, 'bin/java') : 'java'

let unavailable: string | null | undefined

/** Returns why no broker can be started on this machine and how to fix it, or null when one can be started. */
export function kafkaUnavailable(): string | null {
  unavailable ??= javaProblem() ?? jarsProblem()
  return unavailable
}

/**
 * Returns the folder that contains the jars of a broker: $KAFKA_JARS, or a cache that Maven fills once (45 MB, 25 s).
 * @throws Error  Maven failed; the message contains its last lines
 */
export async function kafkaJars(): Promise<string> {
  if (hasBroker(JARS)) return JARS
  const part = `${JARS}.${process.pid}.part`
  mkdirSync(part, { recursive: true })
  try {
    await fetchJars(part)
    moveInto(part)
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
  return JARS
}

function javaProblem(): string | null {
  const run = spawnSync(JAVA, ['-version'], { encoding: 'utf8' })
  if (run.error) return 'Java is not installed: install a JRE of 17 or newer, or set JAVA_HOME'
  const major = Number(/version "(\d+)/.exec(run.stderr)?.[1] ?? 0)
  return major >= 17 ? null : `Java ${major} is too old: Kafka ${VERSION} needs 17 or newer`
}

function jarsProblem(): string | null {
  if (hasBroker(JARS)) return null
  const run = spawnSync('mvn', ['-v'])
  return run.error
    ? 'Maven is not installed: install it, or set KAFKA_JARS to the libs folder of a Kafka download'
    : null
}

/** Checks for the jar of the broker only: the folder is renamed into place when it is complete. */
function hasBroker(dir: string): boolean {
  return existsSync(dir) && readdirSync(dir).some(name => /^kafka_2\.\d+-.*\.jar$/.test(name))
}

async function fetchJars(outputDir: string): Promise<void> {
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${outputDir}`]
  const args = ['-q', '-B', '-f', POM, `-Dkafka.version=${VERSION}`, ...goal]
  await promisify(execFile)('mvn', args, { timeout: 300_000 }).catch((err: Error & { stdout?: string }) => {
    const lines = (err.stdout ?? '').trim().split('\n').slice(-10).join('\n')
    throw new Error(`Maven could not fetch Kafka ${VERSION}:\n${lines || err.message}`)
  })
}

/** Another test run may have created the folder first; its jars are used then. */
function moveInto(part: string): void {
  try {
    renameSync(part, JARS)
  } catch (err) {
    if (!hasBroker(JARS)) throw err
  }
}
