import { setTimeout as sleep } from 'node:timers/promises'
import { type Figure, percentile } from '../../bench/figures.js'
import { eventually } from '../../support/eventually.js'
import type { Post } from '../load.js'
import { spoolBytesOf } from '../settle.js'
import type { Stage } from '../stage.js'
import {
  figuresOf,
  rejectedOf,
  runScenario,
  type ScenarioContext,
  type ScenarioReport,
  type ScenarioResult
} from './scenario.js'

const BEFORE_MS = 3_000
const AFTER_MS = 8_000
/** Notifications posted until the first append times out wait with it. */
const DEADLINE_MS = 2_200
const DRAIN_MS = 60_000
/** Each poll makes the service collect all its metrics. */
const POLL_MS = 200

interface Frozen {
  frozenAt: number
  thawedAt: number
  drainedAt: number
}

/**
 * The broker is frozen under load: every notification is accepted as fast as before, and is on its topic soon after the
 * broker thaws.
 */
export async function frozen(stage: Stage, { seconds }: { seconds: number }): Promise<ScenarioReport> {
  const result = await runScenario(stage, { name: 'frozen', postingMs: BEFORE_MS + seconds * 1000 + AFTER_MS }, scene =>
    freeze(scene, seconds * 1000)
  )
  return { figures: frozenFigures(result), problems: result.verdict.problems }
}

async function freeze(
  { installation: { kafka, receiver, adminKey }, clock }: ScenarioContext,
  forMs: number
): Promise<Frozen> {
  await sleep(BEFORE_MS)
  const frozenAt = clock()
  await kafka?.freeze()
  await sleep(forMs)
  await kafka?.thaw()
  const thawedAt = clock()
  await eventually(
    'the spool is empty',
    async () => (await spoolBytesOf(receiver.url, adminKey)) === 0,
    DRAIN_MS,
    POLL_MS
  )
  return { frozenAt, thawedAt, drainedAt: clock() }
}

function frozenFigures(result: ScenarioResult<Frozen>): Figure[] {
  const {
    posts,
    outages: { frozenAt, thawedAt, drainedAt }
  } = result
  const isFirst = ({ sentAt, endedAt }: Post) => endedAt >= frozenAt && sentAt < frozenAt + DEADLINE_MS
  const durationsOf = (some: typeof posts) => Float64Array.from(some, ({ sentAt, endedAt }) => endedAt - sentAt).sort()
  const isDuring = ({ endedAt }: Post) => endedAt >= frozenAt // earlier posts are slower because nothing is warmed up
  const rest = durationsOf(posts.filter(post => isDuring(post) && !isFirst(post)))
  const first = durationsOf(posts.filter(isFirst))
  return [
    { name: 'frozen_rejected', value: rejectedOf(posts), unit: 'responses', goal: { atMost: 0 } },
    { name: 'frozen_p99', value: percentile(rest, 0.99), unit: 'ms', goal: { atMost: 100 } },
    { name: 'frozen_first_deadline', value: first.at(-1) ?? 0, unit: 'ms', goal: { atMost: 8_000 } },
    { name: 'frozen_drained_after', value: (drainedAt - thawedAt) / 1000, unit: 's', goal: { atMost: 6 } },
    ...figuresOf('frozen', result)
  ]
}
