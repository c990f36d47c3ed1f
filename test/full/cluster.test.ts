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
  'three brokers: each is killed in turn, nothing acknowledged is missing, each key keeps its order',
  { skip: kafkaUnavailable() ?? false, timeout: 300_000 },
  async t => {
    const kafka = await startKafka({ dir: tempDir(t), nodes: 3 })
    t.teardown(() => kafka.stop())
    const { log } = await openTestLog(t, { brokers: kafka.brokers })
    const { records, subscription } = await gather(t, log)
    const load = startLoad(log)
    for (const node of [1, 2, 3]) {
      await eventually('records are taken', () => load.grows(500), 30_000)
      await kafka.kill(node)
      await sleep(DOWN_MS)
      await kafka.restart(node)
      t.comment(`node ${node} is back: ${load.acknowledged.length} acknowledged, ${load.refusals()} refusals`)
    }
    await eventually('records are taken again', () => load.grows(500), 30_000)
    await load.stop()
    const stored = textsByKey(await readAll(t, log))
    const known = new Set([...stored.values()].flat())
    t.strictSame(
      load.acknowledged.filter(text => !known.has(text)),
      [],
      `nothing of ${load.acknowledged.length} is missing`
    )
    for (const [key, texts] of stored) {
      const numbers = firstOccurrences(texts).map(text => Number(text.split('-')[1]))
      if (numbers.some((n, i) => n !== i)) t.fail(`the records of ${key} are not in their order`)
    }
    await eventually(
      'the subscriber has all of them',
      async () => {
        await sleep(500) // there are many to compare
        const seen = new Set(records.map(({ value }) => String(value)))
        return load.acknowledged.every(text => seen.has(text))
      },
      60_000
    )
    await eventually('and is well', () => subscription.trouble() === null, 30_000)
  }
)

/** Writers that append their records one after the other, and a refused one until it is taken. */
function startLoad(log: EventLog) {
  const acknowledged: string[] = []
  let refused = 0
  let stopping = false
  let mark = 0
  const writing = Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      for (let n = 0; !stopping; ) {
        try {
          await log.append([record(`writer:${writer}`, `${writer}-${n}`)])
          acknowledged.push(`${writer}-${n++}`)
        } catch {
          refused++
          await sleep(500)
        }
      }
    })
  )

  /** True when so many more were acknowledged since it was true last. */
  function grows(by: number): boolean {
    if (acknowledged.length < mark + by) return false
    mark = acknowledged.length
    return true
  }

  async function stop(): Promise<void> {
    stopping = true
    await writing
  }

  return { acknowledged, refusals: () => refused, grows, stop }
}
