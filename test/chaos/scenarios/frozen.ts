import { setTimeout as sleep } from 'node:timers/promises'
import { type Figure, percentile } from '../../bench/figures.js'
import { eventually } from '../../support/eventually.js'
import type { Post } from '../load.js'
import { spoolBytesOf } from '../settle.js'
import type { Stage } from '../stage.js'
import { figuresOf, play, refusedOf, type ScenarioResult, type Scene, type Shown } from './scenario.js'

const BEFORE_MS = 3_000
const AFTER_MS = 8_000
/** The first append finds out that the broker hangs; what is posted meanwhile waits with it. */
const DEADLINE_MS = 2_200
const DRAIN_MS = 60_000
/** Each look makes the service collect all its metrics. */
const LOOK_MS = 200

interface Frozen {
  frozenAt: number
  thawedAt: number
  drainedAt: number
}

/**
 * The broker answers nothing for so long, and the load goes on: every notification is taken, as fast as ever, and is on
 * its topic soon after the thaw.
 */
export async function frozen(stage: Stage, { seconds }: { seconds: number }): Promise<Shown> {
  const result = await play(stage, { name: 'frozen', postingMs: BEFORE_MS + seconds * 1000 + AFTER_MS }, scene =>
    freeze(scene, seconds * 1000)
  )
  return { figures: frozenFigures(result), problems: result.verdict.problems }
}

async function freeze({ installation: { kafka, receiver, adminKey }, clock }: Scene, forMs: number): Promise<Frozen> {
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
    LOOK_MS
  )
  return { frozenAt, thawedAt, drainedAt: clock() }
}

function frozenFigures(result: ScenarioResult<Frozen>): Figure[] {
  const {
    posts,
    story: { frozenAt, thawedAt, drainedAt }
  } = result
  const isFirst = ({ sentAt, endedAt }: Post) => endedAt >= frozenAt && sentAt < frozenAt + DEADLINE_MS
  const waitsOf = (own: typeof posts) => Float64Array.from(own, ({ sentAt, endedAt }) => endedAt - sentAt).sort()
  const isDuring = ({ endedAt }: Post) => endedAt >= frozenAt // before, everything is still cold
  const rest = waitsOf(posts.filter(post => isDuring(post) && !isFirst(post)))
  const first = waitsOf(posts.filter(isFirst))
  return [
    { name: 'frozen_refused', value: refusedOf(posts), unit: 'answers', goal: { atMost: 0 } },
    { name: 'frozen_p99', value: percentile(rest, 0.99), unit: 'ms', goal: { atMost: 100 } },
    { name: 'frozen_first_deadline', value: first.at(-1) ?? 0, unit: 'ms', goal: { atMost: 8_000 } },
    { name: 'frozen_drained_after', value: (drainedAt - thawedAt) / 1000, unit: 's', goal: { atMost: 6 } },
    ...figuresOf('frozen', result)
  ]
}
