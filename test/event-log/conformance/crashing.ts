import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { StoredRecord } from '../../../src/event-log/port.js'
import { createRandom } from '../../../src/simulator/random.js'
import { eventually } from '../../support/eventually.js'
import { seedOf } from '../../support/seeds.js'
import { tempDir } from '../../support/temp-dir.js'
import { gather, record } from '../support/gather.js'
import type { Conformance, PromiseTests } from './adapter.js'
import { loadCheckpoint } from './checkpoints.js'
import { startProgram } from './child.js'
import { firstOccurrences, readAll, textsByKey } from './read-all.js'

/** Processes killed with SIGKILL. */
export const crashing: PromiseTests = {
  'a killed subscriber continues at its saved checkpoint and misses nothing': killedSubscriber,
  ...Object.fromEntries(
    [1, 2, 3].map(round => [
      `acknowledged records survive a SIGKILL of the appending process, round ${round}`,
      (t: Test, conformance: Conformance) => killedAppender(t, conformance, round)
    ])
  )
}

/** Kills 64 writers at a random moment that depends on the round. */
export async function killedAppender(t: Test, { adapter, open, file }: Conformance, round = 0): Promise<void> {
  const location = adapter.newLocation(t)
  const appender = startProgram(t, file, 'append', location, '64')
  await eventually('the first append is acknowledged', () => appender.lines().length > 0, 30_000)
  const afterMs = createRandom(seedOf(), round).int(0, 699)
  await sleep(afterMs)
  const acknowledged = await appender.kill()
  t.comment(`${acknowledged.length} acknowledged, killed ${afterMs} ms after the first`)
  const { log } = await open(t, location)
  const byKey = textsByKey(await readAll(t, log))
  const stored = new Set([...byKey.values()].flat())
  t.strictSame(
    acknowledged.filter(text => !stored.has(text)),
    [],
    'no acknowledged record is missing'
  )
  for (const [key, texts] of byKey) {
    const numbers = firstOccurrences(texts).map(text => Number(text.split('-')[1]))
    if (numbers.some((n, i) => n !== i)) t.fail(`the records of ${key} are out of order`, { numbers })
  }
}

/** Kills a subscriber and its writers at a random moment. */
export async function killedSubscriber(t: Test, { adapter, open, file }: Conformance, round = 0): Promise<void> {
  const location = adapter.newLocation(t)
  const dir = tempDir(t)
  const group = `g-${randomUUID()}`
  const subscriber = startProgram(t, file, 'consume', location, group, dir, '8')
  const isSaved = (name: string) => !name.includes('.') // not a temporary file
  const hasProgress = () => subscriber.lines().length > 50 && readdirSync(dir).some(isSaved)
  await eventually('some records are handled, and a checkpoint is saved', hasProgress, 30_000)
  await sleep(createRandom(seedOf(), round).int(0, 499))
  const handled = (await subscriber.kill())
    .map(line => line.split(' '))
    .map(([partition, offset]) => `${partition} ${offset}`)
  const { log } = await open(t, location)
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
  await eventually('the remaining records arrive', () => records.some(({ value }) => String(value) === 'last'), 30_000)
  const startOf = (partition: number) => starts.get(partition) ?? 0n
  const due = stored.filter(({ partition, offset }) => offset >= startOf(partition))
  const done = stored.filter(({ partition, offset }) => offset < startOf(partition))
  await eventually('all due records arrive', () => recordsWithout(due, records.map(nameOf)).length === 0).catch(
    () => {}
  )
  t.strictSame(recordsWithout(due, records.map(nameOf)), [], 'no record at or after a checkpoint is missing')
  t.strictSame(recordsWithout(done, handled), [], 'every record below a checkpoint was handled')
  t.ok(
    starts.size > 0 && records.every(({ partition, offset }) => offset >= startOf(partition)),
    'no record below a checkpoint is delivered again'
  )
  t.comment(`${handled.length} of ${stored.length} handled before, ${records.length} after`)
}

function nameOf({ partition, offset }: StoredRecord): string {
  return `${partition} ${offset}`
}

function recordsWithout(records: readonly StoredRecord[], names: readonly string[]): string[] {
  const excluded = new Set(names)
  return records.map(nameOf).filter(name => !excluded.has(name))
}
