import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLog } from '../../../src/event-log/port.js'
import { record } from '../support/gather.js'
import type { LogAdapter } from './adapter.js'
import { loadCheckpoint, saveCheckpoint } from './checkpoints.js'

// Programs of the processes that are killed. Writing to a pipe is synchronous, so printed lines survive the process.

/** Writers that append one record after the other. Each line is the text of an acknowledged record: `writer-n`. */
export async function appendForever({ open }: LogAdapter, location: string, writers: number): Promise<void> {
  endWithParent()
  const log = await open(location)
  await write(log, writers, { pauseMs: 0, onAcknowledged: text => process.stdout.write(`${text}\n`) })
}

/** A group member with checkpoints in a directory. Each line is a handled record: `partition offset text`. */
export async function consumeForever(
  { open }: LogAdapter,
  location: string,
  { group, dir, writers }: { group: string; dir: string; writers: number }
): Promise<void> {
  endWithParent()
  const log = await open(location)
  await log.subscribe({
    group,
    topics: ['calls'],
    startAt: async partition => loadCheckpoint(dir, partition),
    handle: async ({ topic, partition, records }) => {
      for (const { offset, value } of records) process.stdout.write(`${partition} ${offset} ${value}\n`)
      await sleep(5) // makes a kill between the effect and its checkpoint likely
      saveCheckpoint(dir, { topic, partition }, (records.at(-1)?.offset ?? -1n) + 1n)
    }
  })
  await write(log, writers, { pauseMs: 2, onAcknowledged: () => {} })
}

async function write(
  log: EventLog,
  writers: number,
  { pauseMs, onAcknowledged }: { pauseMs: number; onAcknowledged: (text: string) => void }
): Promise<void> {
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let n = 0; ; n++) {
        await log.append([record(`writer:${writer}`, `${writer}-${n}`)])
        onAcknowledged(`${writer}-${n}`)
        if (pauseMs > 0) await sleep(pauseMs)
      }
    })
  )
}

function endWithParent(): void {
  process.stdin.resume().on('end', () => process.exit())
}
