import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openLocalLog } from '../../src/event-log/local/local-log.js'
import type { EventLog } from '../../src/event-log/port.js'

// node dist/test/bench/local-log.js [seconds]: one `name value unit` for each line.

const seconds = Number(process.argv[2] ?? 3)
const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-bench-'))
const record = {
  topic: 'calls' as const,
  key: 'acme:5f2c1d9e',
  headers: { type: 'call.started', id: '0b9f8a6e-4b53-5e0e-9a7c-3f6f0c1d2e3f' },
  value: Buffer.alloc(600, 'x')
}

try {
  for (const writers of [1, 64, 512]) await appends(writers)
  await reads()
} finally {
  rmSync(dir, { recursive: true })
}

async function appends(writers: number): Promise<void> {
  const log = await openLocalLog({ dir })
  const waits: number[] = []
  const until = performance.now() + seconds * 1000
  await Promise.all(Array.from({ length: writers }, () => appendUntil(log, until, waits)))
  await log.close()
  waits.sort((a, b) => a - b)
  console.log(`local_append_${writers}_writers ${Math.round(waits.length / seconds)} appends/s`)
  for (const [name, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
    ['max', 1]
  ] as const) {
    const wait = waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0
    console.log(`local_append_${writers}_writers_${name} ${wait.toFixed(2)} ms`)
  }
}

async function appendUntil(log: EventLog, until: number, waits: number[]): Promise<void> {
  for (let begun = performance.now(); begun < until; begun = performance.now()) {
    await log.append([record])
    waits.push(performance.now() - begun)
  }
}

/** From the first record to the end, in the batches that a projector gets. */
async function reads(): Promise<void> {
  const opening = performance.now()
  const log = await openLocalLog({ dir })
  console.log(`local_open ${(performance.now() - opening).toFixed(1)} ms`)
  const [bounds] = await log.bounds('calls')
  const end = Number(bounds?.end ?? 0n)
  const begun = performance.now()
  await new Promise<void>(resolve => {
    log.subscribe({
      group: 'bench',
      topics: ['calls'],
      startAt: async () => 'first',
      handle: async ({ records }) => {
        if (Number(records.at(-1)?.offset) === end - 1) resolve()
      }
    })
  })
  console.log(`local_read ${Math.round((end / (performance.now() - begun)) * 1000)} records/s`)
  await log.close()
}
