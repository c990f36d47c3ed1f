import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { EventLog } from '../../src/event-log/port.js'
import { firstOccurrences, readAll, textsByKey } from '../event-log/conformance/read-all.js'
import { gather, record } from '../event-log/support/gather.js'
import { eventually } from '../support/eventually.js'
import { kafkaUnavailable, startKafka } from '../support/kafka.js'
import { openTestLog } from '../support/kafka-log.js'
import { tempDir } from '../support/temp-dir.js'

const WRITERS = 40
const DOWN_MS = 6_000

t.test(
  'when each of three brokers is killed in turn, no acknowledged record is lost and each key keeps its order',
  { skip: kafkaUnavailable() ?? false, timeout: 300_000 },
  async t => {
    const kafka = await startKafka({ dir: tempDir(t), nodes: 3 })
    t.teardown(() => kafka.stop())
    const { log } = await openTestLog(t, { brokers: kafka.brokers })
    const { records, subscription } = await gather(t, log)
    const load = startLoad(log)
    for (const node of [1, 2, 3]) {
      await eventually('records are accepted', () => load.grows(500), 30_000)
      await kafka.kill(node)
      await sleep(DOWN_MS)
      await kafka.restart(node)
      t.comment(`node ${node} is back: ${load.acknowledged.length} acknowledged, ${load.rejections()} rejections`)
    }
    await eventually('records are accepted again', () => load.grows(500), 30_000)
    await load.stop()
    const stored = textsByKey(await readAll(t, log))
    const known = new Set([...stored.values()].flat())
    t.strictSame(
      load.acknowledged.filter(text => !known.has(text)),
      [],
      `none of ${load.acknowledged.length} records is missing`
    )
    for (const [key, texts] of stored) {
      const numbers = firstOccurrences(texts).map(text => Number(text.split('-')[1]))
      if (numbers.some((n, i) => n !== i)) t.fail(`the records of ${key} are out of order`)
    }
    await eventually(
      'the subscriber has received all records',
      async () => {
        await sleep(500) // comparing many records is slow
        const seen = new Set(records.map(({ value }) => String(value)))
        return load.acknowledged.every(text => seen.has(text))
      },
      60_000
    )
    await eventually('the subscriber has no trouble', () => subscription.trouble() === null, 30_000)
  }
)

/** Starts writers that append one record after another, and retry a rejected record until it is accepted. */
function startLoad(log: EventLog) {
  const acknowledged: string[] = []
  let rejected = 0
  let stopping = false
  let mark = 0
  const writing = Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      for (let n = 0; !stopping; ) {
        try {
          await log.append([record(`writer:${writer}`, `${writer}-${n}`)])
          acknowledged.push(`${writer}-${n++}`)
        } catch {
          rejected++
          await sleep(500)
        }
      }
    })
  )

  /** Returns true when at least `by` records were acknowledged since it last returned true. */
  function grows(by: number): boolean {
    if (acknowledged.length < mark + by) return false
    mark = acknowledged.length
    return true
  }

  async function stop(): Promise<void> {
    stopping = true
    await writing
  }

  return { acknowledged, rejections: () => rejected, grows, stop }
}
