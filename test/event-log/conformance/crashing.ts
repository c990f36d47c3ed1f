import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { StoredRecord } from '../../../src/event-log/port.js'
import { createRandom } from '../../../src/simulator/random.js'
import { eventually } from '../../support/eventually.js'
import { seedOf } from '../../support/seeds.js'
import { tempDir } from '../../support/temp-dir.js'
import { gather, record } from '../support/gather.js'
import type { Conformance, Promises } from './adapter.js'
import { loadCheckpoint } from './checkpoints.js'
import { startProgram } from './child.js'
import { firstOnes, readAll, textsByKey } from './read-all.js'

/** What a process leaves behind that dies of kill -9. */
export const crashing: Promises = {
  'a subscriber that was killed goes on from the checkpoint that it saved, and nothing is missing': killedSubscriber,
  ...Object.fromEntries(
    [1, 2, 3].map(round => [
      `what was acknowledged outlives kill -9 of the process that appended it, round ${round}`,
      (t: Test, conformance: Conformance) => killedAppender(t, conformance, round)
    ])
  )
}

/** Kills 64 writers at a random instant, which is another one in each round. */
export async function killedAppender(t: Test, { adapter, open, file }: Conformance, round = 0): Promise<void> {
  const place = adapter.place(t)
  const appender = startProgram(t, file, 'append', place, '64')
  await eventually('the first was acknowledged', () => appender.lines().length > 0, 30_000)
  const afterMs = createRandom(seedOf(), round).int(0, 699)
  await sleep(afterMs)
  const acknowledged = await appender.kill()
  t.comment(`${acknowledged.length} acknowledged, killed ${afterMs} ms after the first`)
  const { log } = await open(t, place)
  const byKey = textsByKey(await readAll(t, log))
  const stored = new Set([...byKey.values()].flat())
  t.strictSame(
    acknowledged.filter(text => !stored.has(text)),
    [],
    'nothing is missing'
  )
  for (const [key, texts] of byKey) {
    const numbers = firstOnes(texts).map(text => Number(text.split('-')[1]))
    if (numbers.some((n, i) => n !== i)) t.fail(`the records of ${key} are not in their order`, { numbers })
  }
}

/** Kills a subscriber, with the writers that feed it, at a random instant. */
export async function killedSubscriber(t: Test, { adapter, open, file }: Conformance, round = 0): Promise<void> {
  const place = adapter.place(t)
  const dir = tempDir(t)
  const group = `g-${randomUUID()}`
  const subscriber = startProgram(t, file, 'consume', place, group, dir, '8')
  await eventually('it has handled some', () => subscriber.lines().length > 50, 30_000)
  await sleep(createRandom(seedOf(), round).int(0, 499))
  const handled = (await subscriber.kill())
    .map(line => line.split(' '))
    .map(([partition, offset]) => `${partition} ${offset}`)
  const { log } = await open(t, place)
  const stored = await readAll(t, log)
  const starts = new Map<number, bigint>()
  const { records } = await gather(t, log, {
    group,
    startAt: async partition => {
      const start = loadCheckpoint(dir, partition)
      if (start !== 'first') starts.set(partition.partition, start)
      return start
    }
  })
  await log.append([record('writer:0', 'last')])
  await eventually('the rest came', () => records.some(({ value }) => String(value) === 'last'), 30_000)
  const startOf = (partition: number) => starts.get(partition) ?? 0n
  const due = stored.filter(({ partition, offset }) => offset >= startOf(partition))
  const done = stored.filter(({ partition, offset }) => offset < startOf(partition))
  await eventually('all that was due came', () => withoutThose(due, records.map(nameOf)).length === 0).catch(() => {})
  t.strictSame(withoutThose(due, records.map(nameOf)), [], 'nothing from the checkpoints on is missing')
  t.strictSame(withoutThose(done, handled), [], 'nothing below them was unhandled')
  t.ok(
    starts.size > 0 && records.every(({ partition, offset }) => offset >= startOf(partition)),
    'nothing below them came again'
  )
  t.comment(`${handled.length} of ${stored.length} handled before, ${records.length} after`)
}

function nameOf({ partition, offset }: StoredRecord): string {
  return `${partition} ${offset}`
}

function withoutThose(records: readonly StoredRecord[], names: readonly string[]): string[] {
  const known = new Set(names)
  return records.map(nameOf).filter(name => !known.has(name))
}
