import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLog } from '../../../src/event-log/port.js'
import { record } from '../support/gather.js'
import type { LogAdapter } from './adapter.js'
import { loadCheckpoint, saveCheckpoint } from './checkpoints.js'

// Processes to be killed. Writing to a pipe is synchronous, so a line that was printed outlives the process.

/**
 * Writers that each append one record after the other. Each line is the text of a record that was acknowledged:
 * `writer-n`.
 */
export async function appendForever({ open }: LogAdapter, place: string, writers: number): Promise<void> {
  endWithParent()
  const log = await open(place)
  await write(log, writers, { restMs: 0, told: text => process.stdout.write(`${text}\n`) })
}

/**
 * A member of a group that keeps its checkpoints in a folder. Each line is a record that was handled: `partition offset
 * text`.
 */
export async function consumeForever(
  { open }: LogAdapter,
  place: string,
  { group, dir, writers }: { group: string; dir: string; writers: number }
): Promise<void> {
  endWithParent()
  const log = await open(place)
  await log.subscribe({
    group,
    topics: ['calls'],
    startAt: async partition => loadCheckpoint(dir, partition),
    handle: async ({ topic, partition, records }) => {
      for (const { offset, value } of records) process.stdout.write(`${partition} ${offset} ${value}\n`)
      await sleep(5) // so that a kill often comes between the effect and its checkpoint
      saveCheckpoint(dir, { topic, partition }, (records.at(-1)?.offset ?? -1n) + 1n)
    }
  })
  await write(log, writers, { restMs: 2, told: () => {} })
}

async function write(
  log: EventLog,
  writers: number,
  { restMs, told }: { restMs: number; told: (text: string) => void }
): Promise<void> {
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let n = 0; ; n++) {
        await log.append([record(`writer:${writer}`, `${writer}-${n}`)])
        told(`${writer}-${n}`)
        if (restMs > 0) await sleep(restMs)
      }
    })
  )
}

function endWithParent(): void {
  process.stdin.resume().on('end', () => process.exit())
}
