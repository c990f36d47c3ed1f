import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../support/eventually.js'
import type { Post } from '../load.js'
import { spoolBytesOf } from '../settle.js'
import type { Stage } from '../stage.js'
import { figuresOf, rejectedOf, runScenario, type ScenarioContext, type ScenarioReport } from './scenario.js'

const BEFORE_MS = 3_000
const DOWN_MS = 8_000
/** Long enough for both restarts on a slow machine. */
const POSTING_MS = 60_000
const DRAIN_MS = 60_000

interface Outages {
  /** The start of the second outage. */
  secondAt: number
  drainedAt: number
  upAt: number
}

/**
 * One of three brokers is killed under load and restarted; then two of them. Records that Kafka does not accept are
 * spooled and drained later.
 */
export async function cluster(stage: Stage): Promise<ScenarioReport> {
  const result = await runScenario(stage, { name: 'cluster', postingMs: POSTING_MS }, killBrokers)
  const {
    posts,
    outages: { secondAt, upAt, drainedAt },
    verdict
  } = result
  const during = (isSecond: boolean) => posts.filter(({ sentAt }: Post) => sentAt >= secondAt === isSecond)
  return {
    problems: verdict.problems,
    figures: [
      { name: 'cluster_one_rejected', value: rejectedOf(during(false)), unit: 'responses', goal: { atMost: 0 } },
      { name: 'cluster_two_rejected', value: rejectedOf(during(true)), unit: 'responses', goal: { atMost: 0 } },
      { name: 'cluster_drained_after', value: (drainedAt - upAt) / 1000, unit: 's' },
      ...figuresOf('cluster', result)
    ]
  }
}

async function killBrokers({ installation: { kafka, receiver, adminKey }, clock }: ScenarioContext): Promise<Outages> {
  await sleep(BEFORE_MS)
  await kafka?.kill(1)
  await sleep(DOWN_MS)
  await kafka?.restart(1)
  const isDrained = () => spoolBytesOf(receiver.url, adminKey).then(bytes => bytes === 0)
  await eventually('the spool is empty', isDrained, DRAIN_MS)
  await sleep(BEFORE_MS)
  const secondAt = clock()
  await Promise.all([kafka?.kill(2), kafka?.kill(3)])
  await sleep(DOWN_MS)
  await Promise.all([kafka?.restart(2), kafka?.restart(3)])
  const upAt = clock()
  await eventually('the spool is empty', isDrained, DRAIN_MS)
  return { secondAt, upAt, drainedAt: clock() }
}
