import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../../../src/simulator/random.js'
import { spawnMain } from '../../support/service.js'
import type { Stage } from '../stage.js'
import { figuresOf, runScenario, type ScenarioContext, type ScenarioReport, WITHOUT_SERVERS } from './scenario.js'

const RATE = 50
const POSTING_MS = 15 * 60_000
/** The service is stopped while its program is loaded, while it waits for Postgres, or when it is ready. */
const MAX_RUN_MS = 6_000
const DRAIN_SECONDS = 1

interface Stops {
  /** Processes that had not installed their signal handlers, and received nothing. */
  killed: number
  slowestMs: number
  problems: string[]
}

/** SIGTERM arrives while the service starts: it completes what it has accepted, and exits with 0. */
export async function stopDuringStart(stage: Stage, { rounds }: { rounds: number }): Promise<ScenarioReport> {
  const result = await runScenario(
    stage,
    {
      name: 'stop-during-start',
      postingMs: POSTING_MS,
      installation: WITHOUT_SERVERS,
      rate: RATE,
      endsWithOutages: true
    },
    scene => stopRepeatedly(scene, rounds)
  )
  const { killed, slowestMs, problems } = result.outages
  return {
    problems: [...result.verdict.problems, ...problems],
    figures: [
      { name: 'stop_rounds', value: rounds, unit: 'stops' },
      { name: 'stop_before_handlers', value: killed, unit: 'stops' },
      { name: 'stop_slowest', value: slowestMs / 1000, unit: 's', goal: { atMost: DRAIN_SECONDS + 10 } },
      ...figuresOf('stop', result)
    ]
  }
}

async function stopRepeatedly(
  { installation: { receiver, environment } }: ScenarioContext,
  rounds: number
): Promise<Stops> {
  const random = createRandom(1, 6)
  const stops: Stops = { killed: 0, slowestMs: 0, problems: [] }
  await receiver.terminate()
  for (let i = 0; i < rounds; i++) {
    const child = spawnMain(['start'], {
      ...environment,
      PORT: new URL(receiver.url).port,
      DRAIN_SECONDS: String(DRAIN_SECONDS)
    })
    const output = text(child.stdout)
    child.stderr.resume()
    const closed = once(child, 'close')
    await sleep(random.int(0, MAX_RUN_MS))
    const stoppedAt = performance.now()
    child.kill('SIGTERM')
    await closed
    stops.slowestMs = Math.max(stops.slowestMs, performance.now() - stoppedAt)
    const logged = await output
    if (child.exitCode === 0) continue
    if (child.signalCode === 'SIGTERM' && !logged.includes('"msg":"listening"')) stops.killed++
    else stops.problems.push(`stop ${i + 1} ended with ${child.exitCode ?? child.signalCode}`)
  }
  receiver.start()
  return stops
}
