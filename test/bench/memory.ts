import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBroker } from './broker.js'
import type { Bench } from './context.js'
import { startLoad } from './load/load.js'
import { startOnKafka } from './receive/candidates.js'
import { usageOf } from './usage.js'

// Far more than any limit of a process of this size: 1,000 x 200 kB in flight, and again after each rejection.
const CONNECTIONS = 1_000
const PAD_BYTES = 200_000
/** The number of connections while the broker responds, with the same bodies. */
const WARM_CONNECTIONS = 64

/** Measures the memory of the service while the broker hangs, which must not grow with the load. */
export const memory: Bench = async context => {
  const { progress, print, seconds } = context
  const broker = await startBroker(context)
  const { pid, url, path } = await startOnKafka(context, {
    name: 'kafka',
    brokers: broker.brokers,
    topicPrefix: `bench-${randomBytes(4).toString('hex')}`
  })
  const load = startLoad(context)
  const order = { url, path, connections: CONNECTIONS, seconds: seconds * 3, padBytes: PAD_BYTES }

  progress('warming up')
  await load({ ...order, connections: WARM_CONNECTIONS, prefix: 'warm..............' })
  const warm = usageOf(pid).rssMegabytes
  progress('the broker hangs')
  await broker.freeze()
  const result = await load({ ...order, prefix: 'hung..............' })
  const end = usageOf(pid).rssMegabytes
  await broker.thaw()
  await sleep(100)

  print({ name: 'memory_warm', value: warm, unit: 'MB' })
  print({ name: 'memory_hung', value: end, unit: 'MB' })
  print({ name: 'memory_hung_p99', value: result.p99Ms, unit: 'ms' })
  print({ name: 'memory_hung_stored', value: result.requests - result.rejected.length, unit: 'requests' })
  print({ name: 'memory_hung_unanswered', value: result.statuses[0] ?? 0, unit: 'requests', goal: { atMost: 0 } })
  print({ name: 'memory_hung_refused_at_once', value: result.rejectedAtOnce, unit: 'requests', goal: { atLeast: 1 } })
  print({ name: 'memory_hung_to_warm', value: end / warm, unit: 'x', goal: { atMost: 1.3 } })
}
