import path from 'node:path'
import { eventually } from '../support/eventually.js'
import { type LiveEvent, watchLive } from '../support/live-client.js'
import { type RunningService, startServiceProcess } from '../support/service.js'
import type { Bench, Context } from './context.js'
import { percentile } from './figures.js'
import { idleWatcher } from './live/idle-watcher.js'
import { createTraffic } from './live/traffic.js'
import { usageOf } from './usage.js'

const CLIENTS = 1_000
/** The number of clients whose delays are measured; parsing the events of all would cost more than the service. */
const MEASURED = 20
const PER_SECOND = 50
const MINUTES = 3
const TIMEOUT_MS = 120_000

/** Measures the cost of many live clients, which must not grow with time. */
export const live: Bench = async context => {
  const { print, progress, dir } = context
  progress('starting')
  const service = await startServiceProcess(context, { DATA_DIR: path.join(dir, 'live') })
  const traffic = createTraffic(service, 'live-')
  await traffic.run(PER_SECOND, 3)
  const watchers = await connect(context, service, () => traffic.watcher())
  const rss: number[] = []
  const before = usageOf(service.child.pid ?? 0).cpuSeconds
  for (let minute = 1; minute <= MINUTES; minute++) {
    progress(`minute ${minute} of ${MINUTES}`)
    await traffic.run(PER_SECOND, 60)
    rss.push(usageOf(service.child.pid ?? 0).rssMegabytes)
  }
  const cpu = usageOf(service.child.pid ?? 0).cpuSeconds - before
  await eventually(
    'all changes are delivered to all measured clients',
    () => watchers.every(({ delaysMs }) => delaysMs.length >= PER_SECOND * 60 * MINUTES),
    TIMEOUT_MS
  )
  const sorted = Float64Array.from(watchers.flatMap(({ delaysMs }) => delaysMs)).sort()
  const [first = 0, last = 0] = [rss[0], rss.at(-1)]
  print({ name: 'live_rss_after_a_minute', value: first, unit: 'MB' })
  print({ name: 'live_rss_at_end', value: last, unit: 'MB' })
  print({ name: 'live_rss_end_to_minute', value: last / first, unit: 'x', goal: { atMost: 1.2 } })
  print({ name: 'live_cpu', value: (cpu / (MINUTES * 60)) * 100, unit: '%' })
  for (const share of [50, 95, 99])
    print({ name: `live_p${share}`, value: percentile(sorted, share / 100), unit: 'ms' })
}

async function connect(
  context: Context,
  { url, adminKey: key }: RunningService,
  watcher: () => { onEvent: (event: LiveEvent) => void; delaysMs: number[] }
) {
  const measured: { delaysMs: number[] }[] = []
  for (let n = 0; n < CLIENTS; n++) {
    if (n % (CLIENTS / MEASURED) > 0) {
      await idleWatcher(context, `${url}/v1/live`, key)
      continue
    }
    const measuredWatcher = watcher()
    measured.push(measuredWatcher)
    await watchLive(context, `${url}/v1/live`, { key, keepText: false, onEvent: measuredWatcher.onEvent })
  }
  return measured
}
