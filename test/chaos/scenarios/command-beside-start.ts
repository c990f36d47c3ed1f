import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { postmasterOf } from '../../../src/db/embedded/postmaster.js'
import { createRandom } from '../../../src/simulator/random.js'
import { eventually } from '../../support/eventually.js'
import { spawnMain } from '../../support/service.js'
import type { Stage } from '../stage.js'
import { figuresOf, runScenario, type ScenarioContext, type ScenarioReport, WITHOUT_SERVERS } from './scenario.js'

const RATE = 50
const POSTING_MS = 15 * 60_000

/** The service is started while the command starts its server, while it works, or after its end. */
const MAX_DELAY_MS = 2_000
const RECEIVING_MS = 20_000
const READY_MS = 60_000

interface Starts {
  /** The longest time from the start of the process until it received. */
  slowestMs: number
  /** How often the service used the server of the command. */
  attached: number
  failedCommands: string[]
}

/**
 * A command runs its own Postgres on the data of the service, which is started meanwhile: the service receives at once,
 * and projects as soon as it can, and the command completes.
 */
export async function commandBesideStart(stage: Stage, { rounds }: { rounds: number }): Promise<ScenarioReport> {
  const result = await runScenario(
    stage,
    {
      name: 'command-beside-start',
      postingMs: POSTING_MS,
      installation: WITHOUT_SERVERS,
      rate: RATE,
      endsWithOutages: true
    },
    scene => startBesideCommands(scene, rounds)
  )
  const { slowestMs, attached, failedCommands } = result.outages
  return {
    problems: [...result.verdict.problems, ...failedCommands],
    figures: [
      { name: 'command_rounds', value: rounds, unit: 'starts' },
      { name: 'command_attached', value: attached, unit: 'starts', goal: { atLeast: 1 } },
      { name: 'command_slowest_start', value: slowestMs / 1000, unit: 's', goal: { atMost: RECEIVING_MS / 1000 } },
      ...figuresOf('command', result)
    ]
  }
}

async function startBesideCommands(
  { installation: { receiver, dataDir, environment } }: ScenarioContext,
  rounds: number
): Promise<Starts> {
  const random = createRandom(1, 4)
  const starts: Starts = { slowestMs: 0, attached: 0, failedCommands: [] }
  for (let i = 0; i < rounds; i++) {
    await receiver.terminate()
    const before = receiver.output().length
    const args = i % 4 < 2 ? ['rebuild'] : ['backup', '--force', path.join(dataDir, 'backup.gz')]
    const command = startCommand(args, environment)
    const isSlow = i % 2 === 0
    if (isSlow) await eventually('the command has started its server', () => command.freezeWithServer(dataDir))
    else await sleep(random.int(0, MAX_DELAY_MS))
    const startedAt = performance.now()
    receiver.start()
    await eventually('the service receives', () => isReceiving(receiver.url), RECEIVING_MS)
    starts.slowestMs = Math.max(starts.slowestMs, performance.now() - startedAt)
    if (isSlow) await eventually('every role is ready beside the command', receiver.isReady, READY_MS)
    const { code, stderr } = await command.finish()
    if (code !== 0) starts.failedCommands.push(`${args[0]} exited with ${code}: ${stderr}`)
    await eventually('every role is ready', receiver.isReady, READY_MS)
    const logged = receiver.output().slice(before)
    if (logged.includes('another process runs Postgres')) starts.attached++
    if (logged.split('"msg":"starting"').length !== 2) starts.failedCommands.push('a start of the service failed')
  }
  return starts
}

interface RunningCommand {
  /** Freezes the command as soon as its server runs, so that it takes as long as with much data. */
  freezeWithServer: (dataDir: string) => boolean
  finish: () => Promise<{ code: number | null; stderr: string }>
}

function startCommand(args: readonly string[], environment: Record<string, string>): RunningCommand {
  const child = spawnMain(args, environment)
  child.stdout.resume()
  const stderr = text(child.stderr)
  const closed = once(child, 'close')
  return {
    freezeWithServer: dataDir => {
      const isRunning = postmasterOf(path.join(dataDir, 'postgres'))?.ready === true
      if (isRunning) child.kill('SIGSTOP')
      return isRunning
    },
    finish: async () => {
      child.kill('SIGCONT')
      await closed
      return { code: child.exitCode, stderr: await stderr }
    }
  }
}

function isReceiving(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready/receive`).then(
    answer => answer.status === 200,
    () => false
  )
}
