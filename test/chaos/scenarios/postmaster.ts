import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../../../src/simulator/random.js'
import { eventually } from '../../support/eventually.js'
import { killPostmaster } from '../postgres.js'
import type { Stage } from '../stage.js'
import {
  availabilityOf,
  figuresOf,
  rejectedOf,
  runScenario,
  type ScenarioContext,
  type ScenarioReport,
  WITHOUT_SERVERS
} from './scenario.js'

const RATE = 100

/** The server is killed soon after its start, while it recovers, or when it has run for some time. */
const BEFORE_KILL_MS = { least: 50, most: 6_000 }
const RESTART_MS = 60_000

/** Allows for the pauses between the starts, which grow when the server ends soon after its start. */
const POSTING_MS_PER_KILL = 15_000

/** The embedded Postgres is killed many times under load, while every notification is accepted as before. */
export async function postmaster(
  stage: Stage,
  { kills, mostSeconds }: { kills: number; mostSeconds?: number }
): Promise<ScenarioReport> {
  const result = await runScenario(
    stage,
    {
      name: 'postmaster',
      postingMs: kills * POSTING_MS_PER_KILL,
      installation: WITHOUT_SERVERS,
      rate: RATE,
      endsWithOutages: true
    },
    scene => killRepeatedly(scene, kills)
  )
  return {
    problems: result.verdict.problems,
    figures: [
      { name: 'postmaster_kills', value: kills, unit: 'kills' },
      { name: 'postmaster_posts', value: result.posts.length, unit: 'posts' },
      { name: 'postmaster_rejected', value: rejectedOf(result.posts), unit: 'responses', goal: { atMost: 0 } },
      availabilityOf('postmaster', result.posts, { ...(mostSeconds !== undefined && { mostSeconds }) }),
      ...figuresOf('postmaster', result)
    ]
  }
}

async function killRepeatedly({ installation: { dataDir } }: ScenarioContext, kills: number): Promise<void> {
  const random = createRandom(1, 3)
  for (let i = 0; i < kills; i++) {
    await sleep(random.int(BEFORE_KILL_MS.least, BEFORE_KILL_MS.most))
    await eventually('Postgres runs and is killed', () => killPostmaster(dataDir), RESTART_MS)
  }
}
