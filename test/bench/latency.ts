import path from 'node:path'
import { eventually } from '../support/eventually.js'
import { watchLive } from '../support/live-client.js'
import { type RunningService, randomSecrets, startServiceProcess } from '../support/service.js'
import { openBroker } from './broker.js'
import type { Bench, Context } from './context.js'
import { percentile } from './figures.js'
import { createTraffic } from './live/traffic.js'

const RATES = [50, 200, 1000] as const
const GOAL = { rate: 200, p95Ms: 150 }
const WARM_UP_SECONDS = 3
const TIMEOUT_MS = 120_000

/** Measures the time from the post of a notification to the change at a live client, through the whole service. */
export const latency: Bench = async context => {
  context.progress('starting')
  await measure(
    context,
    'embedded',
    await startServiceProcess(context, { DATA_DIR: path.join(context.dir, 'embedded') })
  )
  const { brokers, newPrefix } = await openBroker(context)
  await measure(
    context,
    'kafka',
    await startServiceProcess(context, {
      DATA_DIR: path.join(context.dir, 'kafka-service'),
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_TOPIC_PREFIX: newPrefix(),
      ...randomSecrets()
    })
  )
}

async function measure(context: Context, name: string, service: RunningService): Promise<void> {
  const { print, progress, seconds } = context
  const traffic = createTraffic(service, `${name}-`)
  progress(`${name}, warming up`)
  await traffic.run(RATES[0], WARM_UP_SECONDS)
  for (const rate of RATES) {
    progress(`${name}, ${rate} per second`)
    const { onEvent, delaysMs } = traffic.watcher()
    const client = await watchLive(context, `${service.url}/v1/live`, {
      key: service.adminKey,
      keepText: false,
      onEvent
    })
    const before = await projectionDelays(service)
    await traffic.run(rate, seconds * 3)
    await eventually('all changes are delivered', () => delaysMs.length >= rate * seconds * 3, TIMEOUT_MS)
    client.close()
    const { sum, count } = await projectionDelays(service)
    print({
      name: `latency_${name}_${rate}_projected`,
      value: ((sum - before.sum) / (count - before.count)) * 1000,
      unit: 'ms on average'
    })
    const sorted = Float64Array.from(delaysMs).sort()
    for (const share of [50, 95, 99]) {
      const isGoal = rate === GOAL.rate && share === 95
      print({
        name: `latency_${name}_${rate}_p${share}`,
        value: percentile(sorted, share / 100),
        unit: 'ms',
        ...(isGoal && { goal: { atMost: GOAL.p95Ms } })
      })
    }
  }
  await service.end('SIGTERM')
}

/** Returns the sum and count of projection delays, which are the greater part of the latency. */
async function projectionDelays({ url, adminKey }: RunningService): Promise<{ sum: number; count: number }> {
  const text = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } })).text()
  const metric = (name: string) =>
    Number(new RegExp(`^mcs_projection_delay_seconds_${name} (\\S+)$`, 'm').exec(text)?.[1])
  return { sum: metric('sum'), count: metric('count') }
}
