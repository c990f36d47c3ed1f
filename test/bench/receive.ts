import { openBroker } from './broker.js'
import type { Bench, Context } from './context.js'
import { type Goal, median, medianRatio } from './figures.js'
import { type Load, startLoad } from './load/load.js'
import type { LoadResult } from './load/protocol.js'
import { countMissing } from './receive/acknowledged.js'
import { type Candidate, startAllOnKafka, startBare, startLocal } from './receive/candidates.js'
import { usageOf } from './usage.js'

const CONNECTIONS = 64

interface Turn {
  prefix: string
  result: LoadResult
  perSecond: number
  cpuMicrosPerRequest: number
}

/** Measures webhooks per second and their cost, in turns A B C … A B C … after one round to warm up. */
export const receive: Bench = async context => {
  context.progress('starting')
  const load = startLoad(context)
  const candidates = [
    await startBare(context),
    await startLocal(context),
    ...(await startAllOnKafka(context, await openBroker(context)))
  ]
  const turns = new Map<Candidate, Turn[]>(candidates.map(candidate => [candidate, []]))
  // includes the warm-up, whose events must be in the log as well
  const all = new Map<Candidate, Turn[]>(candidates.map(candidate => [candidate, []]))
  for (let round = 0; round <= context.rounds; round++) {
    for (const candidate of candidates) {
      context.progress(`${candidate.name}, ${round === 0 ? 'warming up' : `round ${round} of ${context.rounds}`}`)
      const turn = await takeTurn(load, candidate, context, round)
      all.get(candidate)?.push(turn)
      if (round > 0) turns.get(candidate)?.push(turn)
    }
  }
  for (const [candidate, some] of turns) printFigures(context, candidate, some)
  printRatios(context, new Map([...turns].map(([{ name }, some]) => [name, some])))
  await checkLogs(context, all)
}

async function takeTurn(
  load: Load,
  { url, path, pid, name }: Candidate,
  { seconds }: Context,
  round: number
): Promise<Turn> {
  const prefix = `${name}-${round}-`.padEnd(18, '.')
  const before = usageOf(pid)
  const result = await load({ url, path, connections: CONNECTIONS, seconds, prefix })
  const cpuSeconds = usageOf(pid).cpuSeconds - before.cpuSeconds
  return {
    prefix,
    result,
    perSecond: result.requests / result.seconds,
    cpuMicrosPerRequest: (cpuSeconds * 1e6) / result.requests
  }
}

function printFigures({ print }: Context, { name, pid }: Candidate, turns: readonly Turn[]): void {
  const medianOf = (value: (turn: Turn) => number) => median(turns.map(value))
  print({ name: `receive_${name}`, value: medianOf(turn => turn.perSecond), unit: 'requests/s' })
  print({ name: `receive_${name}_p50`, value: medianOf(turn => turn.result.p50Ms), unit: 'ms' })
  print({ name: `receive_${name}_p99`, value: medianOf(turn => turn.result.p99Ms), unit: 'ms' })
  print({ name: `receive_${name}_cpu`, value: medianOf(turn => turn.cpuMicrosPerRequest), unit: 'us/request' })
  print({
    name: `receive_${name}_load_cpu`,
    value: medianOf(turn => (turn.result.cpuSeconds / turn.result.seconds) * 100),
    unit: '%'
  })
  print({
    name: `receive_${name}_refused`,
    value: turns.reduce((sum, turn) => sum + turn.result.rejected.length, 0),
    unit: 'requests'
  })
  print({ name: `receive_${name}_rss`, value: usageOf(pid).rssMegabytes, unit: 'MB' })
}

function printRatios({ print }: Context, turns: ReadonlyMap<string, readonly Turn[]>): void {
  const ratio = (over: string, under: string, value: (turn: Turn) => number) =>
    medianRatio((turns.get(over) ?? []).map(value), (turns.get(under) ?? []).map(value))
  const rate = (over: string, under: string, goal: Goal) =>
    print({ name: `receive_${over}_to_${under}`, value: ratio(over, under, turn => turn.perSecond), unit: 'x', goal })
  rate('local', 'bare', { atLeast: 0.85 })
  for (const suffix of ['', '_unflushed']) {
    rate(`kafka${suffix}`, 'bare', { atLeast: 0.75 })
    rate(`kafka${suffix}`, `naive${suffix}`, { atLeast: 3 })
  }
  for (const name of ['local', 'kafka', 'kafka_unflushed']) {
    print({
      name: `receive_${name}_cpu_to_bare`,
      value: ratio(name, 'bare', turn => turn.cpuMicrosPerRequest),
      unit: 'x',
      goal: { atMost: 1.25 }
    })
  }
}

/** @throws Error  an acknowledged event is missing in the log, which makes all figures invalid */
async function checkLogs({ print, progress }: Context, turns: ReadonlyMap<Candidate, readonly Turn[]>): Promise<void> {
  for (const [{ name, openLog }, some] of turns) {
    if (!openLog) continue
    progress(`reading the log of ${name}`)
    const missing = await countMissing(await openLog(), some)
    print({ name: `receive_${name}_missing`, value: missing, unit: 'acknowledged events', goal: { atMost: 0 } })
    if (missing > 0) throw new Error(`${missing} acknowledged events are not in the log of ${name}`)
  }
}
