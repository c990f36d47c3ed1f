import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type SupervisedProcess, spawnSupervised } from '../../src/db/embedded/supervised-process.js'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { JAVA } from './kafka-jars.js'

export interface KafkaNode {
  pid: () => number | null
  start: () => Promise<void>
  signal: (name: 'SIGSTOP' | 'SIGCONT') => Promise<void>
  /** Resolves when the process has exited. */
  end: (name: 'SIGTERM' | 'SIGKILL') => Promise<void>
}

export interface NodeFiles {
  dir: string
  jars: string
  heap: string
}

const READY_MS = 60_000
const GRACE_MS = 15_000
/**
 * 16 bytes in base64url, shared by all nodes that this process starts. The first byte is fixed, so that the text does
 * not begin with a dash, which StorageTool would parse as an option.
 */
const CLUSTER_ID = Buffer.concat([Buffer.from('m'), randomBytes(15)]).toString('base64url')
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Djava.awt.headless=true']
const LOG4J = path.join(PROJECT_ROOT, 'test/support/kafka-log4j2.xml')

/**
 * Writes the node's properties and formats its storage. `scram` is a user to create, in the notation of StorageTool.
 */
export async function formatNode(files: NodeFiles, properties: readonly string[], scram?: string): Promise<void> {
  mkdirSync(files.dir, { recursive: true })
  writeFileSync(propertiesOf(files.dir), `${properties.join('\n')}\n`)
  const user = scram ? ['--add-scram', scram] : []
  const args = javaArgs(
    files,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    CLUSTER_ID,
    '-c',
    propertiesOf(files.dir),
    ...user
  )
  await promisify(execFile)(JAVA, args).catch((err: Error & { stdout?: string; stderr?: string }) => {
    throw new Error(`cannot format the storage of a Kafka node:\n${err.stdout ?? ''}${err.stderr ?? ''}`)
  })
}

/** Creates a formatted node that is not started yet. It ends with this process, even if this process is killed. */
export function kafkaNode(files: NodeFiles): KafkaNode {
  let running: SupervisedProcess | null = null

  async function start(): Promise<void> {
    if (running) return
    const node = await launch(files)
    running = node
    void node.exited.then(() => {
      if (running === node) running = null
    })
    await untilReady(node, files.dir)
  }

  async function end(name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const node = running
    if (!node) return
    if (name === 'SIGTERM') {
      send(node.pid, 'SIGCONT') // a frozen process handles no signal but SIGKILL
      send(node.pid, 'SIGTERM')
      await Promise.race([node.exited, sleep(GRACE_MS, undefined, { ref: false })])
    }
    node.end()
    await node.exited
  }

  async function signal(name: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    if (!running) throw new Error('the Kafka node is not running')
    send(running.pid, name)
    while (running && isStopped(running.pid) === (name === 'SIGCONT')) await sleep(2)
  }

  return { pid: () => running?.pid ?? null, start, signal, end }
}

async function launch(files: NodeFiles): Promise<SupervisedProcess> {
  const output = openSync(logOf(files.dir), 'w')
  try {
    return await spawnSupervised(JAVA, javaArgs(files, 'kafka.Kafka', propertiesOf(files.dir)), {
      signal: 'KILL',
      output
    })
  } finally {
    closeSync(output)
  }
}

async function untilReady(node: SupervisedProcess, dir: string): Promise<void> {
  let ended = false
  void node.exited.then(() => {
    ended = true
  })
  for (const deadline = Date.now() + READY_MS; !logText(dir).includes('Kafka Server started'); await sleep(25)) {
    if (!ended && Date.now() < deadline) continue
    node.end()
    const lastLines = logText(dir).split('\n').slice(-15).join('\n')
    throw new Error(`a Kafka node ${ended ? 'exited during its start' : 'was not ready in time'}:\n${lastLines}`)
  }
}

function javaArgs({ jars, heap }: NodeFiles, ...command: string[]): string[] {
  return ['-Xms128m', `-Xmx${heap}`, ...JVM, `-Dlog4j2.configurationFile=${LOG4J}`, '-cp', `${jars}/*`, ...command]
}

function propertiesOf(dir: string): string {
  return path.join(dir, 'server.properties')
}

function logOf(dir: string): string {
  return path.join(dir, 'server.log')
}

function logText(dir: string): string {
  return readFileSync(logOf(dir), 'utf8')
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // the process has just exited
  }
}

/** The kernel stops a process shortly after the signal. Returns null where /proc does not exist. */
function isStopped(pid: number): boolean | null {
  try {
    return /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return null
  }
}
