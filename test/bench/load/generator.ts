// A child process, forked by load.ts, that answers each LoadOrder with a LoadResult.
import { percentile } from '../figures.js'
import { type RequestSource, runConnection } from './load-connection.js'
import { createRequests } from './notifications.js'
import type { LoadOrder, LoadResult } from './protocol.js'

const IMMEDIATE_MS = 100

process.on('disconnect', () => process.exit(0)) // the bench has exited
process.on('message', (order: LoadOrder) => {
  run(order).then(result => process.send?.(result))
})

async function run(order: LoadOrder): Promise<LoadResult> {
  const { hostname, port } = new URL(order.url)
  const requestOf = createRequests(order)
  const result = { requests: 0, rejected: [] as number[], statuses: {} as Record<number, number>, rejectedAtOnce: 0 }
  const durationsMs: number[] = []
  const startedAt = performance.now()
  const until = startedAt + order.seconds * 1000
  const cpu = process.cpuUsage()

  const source: RequestSource = {
    next: () => {
      if (performance.now() >= until) return null
      const n = result.requests++
      return { n, request: requestOf(n) }
    },
    onResponse: (n, status, ms) => {
      durationsMs.push(ms)
      result.statuses[status] = (result.statuses[status] ?? 0) + 1
      if (status >= 200 && status < 300) return
      result.rejected.push(n)
      if (status === 503 && ms <= IMMEDIATE_MS) result.rejectedAtOnce++
    }
  }
  await Promise.all(
    Array.from({ length: order.connections }, () => runConnection({ host: hostname, port: Number(port) }, source))
  )
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const sorted = Float64Array.from(durationsMs).sort()
  return {
    ...result,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99)
  }
}
