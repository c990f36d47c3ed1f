import type { Bench } from './context.js'
import { median, medianRatio } from './figures.js'
import { CANDIDATES, type Candidate, type Work } from './project/candidates.js'
import { openDatabase } from './project/database.js'
import { appendCalls } from './project/events.js'

const CALLS = 10_000
/** The share of events for slow candidates, such as one transaction per event. */
const SLOW_SHARE = 0.1

/** Measures events per second from the local log into committed rows, in turns over the same events. */
export const project: Bench = async context => {
  const { print, progress, rounds } = context
  progress('starting Postgres')
  const { pool, empty } = await openDatabase(context)
  const rates = new Map<string, number[]>(CANDIDATES.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    const { log, count } = await appendCalls(context, { round, calls: Math.ceil(CALLS / rounds) })
    for (const candidate of CANDIDATES) {
      progress(`${candidate.name}, ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`)
      await empty()
      const rate = await rateOf(candidate, { log, pool, count })
      if (round > 0) rates.get(candidate.name)?.push(rate)
    }
    await log.close()
  }
  const ratesOf = (name: string) => rates.get(name) ?? []
  for (const [name, some] of rates) print({ name: `project_${name}`, value: median(some), unit: 'events/s' })
  print({
    name: 'project_batches_to_insert',
    value: medianRatio(ratesOf('batches'), ratesOf('insert')),
    unit: 'x',
    goal: { atLeast: 0.35 }
  })
  print({
    name: 'project_batches_to_single',
    value: medianRatio(ratesOf('batches'), ratesOf('single')),
    unit: 'x',
    goal: { atLeast: 5 }
  })
}

async function rateOf({ isSlow, run }: Candidate, work: Work): Promise<number> {
  const count = isSlow ? Math.floor(work.count * SLOW_SHARE) : work.count
  const startedAt = performance.now()
  await run({ ...work, count })
  return (count / (performance.now() - startedAt)) * 1000
}
