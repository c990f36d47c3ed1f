// A process of its own, forked by load.ts: takes LoadOrders, answers each with a LoadResult.
import { percentile } from '../figures.js'
import { drive, type Work } from './connection.js'
import { createRequests } from './notifications.js'
import type { LoadOrder, LoadResult } from './protocol.js'

const AT_ONCE_MS = 100

process.on('disconnect', () => process.exit(0)) // the bench is gone
process.on('message', (order: LoadOrder) => {
  run(order).then(result => process.send?.(result))
})

async function run(order: LoadOrder): Promise<LoadResult> {
  const { hostname, port } = new URL(order.url)
  const requestOf = createRequests(order)
  const result = { requests: 0, refused: [] as number[], statuses: {} as Record<number, number>, refusedAtOnce: 0 }
  const waits: number[] = []
  const begun = performance.now()
  const until = begun + order.seconds * 1000
  const cpu = process.cpuUsage()

  const work: Work = {
    next: () => {
      if (performance.now() >= until) return null
      const n = result.requests++
      return { n, request: requestOf(n) }
    },
    answered: (n, status, ms) => {
      waits.push(ms)
      result.statuses[status] = (result.statuses[status] ?? 0) + 1
      if (status >= 200 && status < 300) return
      result.refused.push(n)
      if (status === 503 && ms <= AT_ONCE_MS) result.refusedAtOnce++
    }
  }
  await Promise.all(
    Array.from({ length: order.connections }, () => drive({ host: hostname, port: Number(port) }, work))
  )
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const sorted = Float64Array.from(waits).sort()
  return {
    ...result,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99)
  }
}
