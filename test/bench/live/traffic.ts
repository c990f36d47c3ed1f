import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { DOCUMENTED_NOTIFICATIONS } from '../../support/documented-notifications.js'
import type { LiveEvent } from '../../support/live-client.js'
import type { RunningService } from '../../support/service.js'

/** The notifications of one documented call. */
const CALL = DOCUMENTED_NOTIFICATIONS.slice(0, 5)
/** The number of concurrent calls, whose notifications are interleaved. */
const CONCURRENT_CALLS = 50
const AGENTS = 20
const TICK_MS = 5

/** Posts notifications at a steady rate and measures the delay until their changes arrive. */
export interface Traffic {
  /**
   * Resolves when all notifications are answered.
   * @throws Error  a notification was rejected
   */
  run: (perSecond: number, seconds: number) => Promise<void>
  /** Creates a watcher that measures the delays of notifications posted after its creation, in milliseconds. */
  watcher: () => { onEvent: (event: LiveEvent) => void; delaysMs: number[] }
  posted: () => number
}

/** @param prefix  the prefix of each call id */
export function createTraffic(service: RunningService, prefix: string): Traffic {
  // fifo, because a connection that idles for long may be closed just when it is used
  const agent = new http.Agent({ keepAlive: true, maxSockets: 512, scheduling: 'fifo' })
  const postedAt = new Map<string, number[]>() // by call
  let n = 0

  function next(): { call: string; body: string } {
    const call = Math.floor(n / (CONCURRENT_CALLS * CALL.length)) * CONCURRENT_CALLS + (n % CONCURRENT_CALLS)
    const { Body, ...notification } = CALL[Math.floor(n / CONCURRENT_CALLS) % CALL.length] ?? { Body: {} }
    n++
    const id = `${prefix}${String(call).padStart(36 - prefix.length, '0')}`
    const extension = 'Extension' in Body ? { Extension: String(101 + (call % AGENTS)) } : {}
    return {
      call: id,
      body: JSON.stringify({
        ...notification,
        Timestamp: new Date().toISOString(),
        Body: { ...Body, Id: id, ...extension }
      })
    }
  }

  async function post(): Promise<void> {
    const { call, body } = next()
    const times = postedAt.get(call) ?? []
    postedAt.set(call, times)
    times.push(performance.now())
    const status = await new Promise<number | undefined>((resolve, reject) => {
      http
        .request(
          `${service.url}/webhooks/mightycall/${service.token}`,
          { method: 'POST', agent, headers: { 'content-length': Buffer.byteLength(body) } },
          response => {
            response.resume().on('end', () => resolve(response.statusCode))
          }
        )
        .on('error', reject)
        .end(body)
    })
    if (status !== 200) throw new Error(`a notification got status ${status}`)
  }

  return {
    run: async (perSecond, seconds) => {
      const posts: Promise<void>[] = []
      const startedAt = performance.now()
      for (const total = perSecond * seconds; posts.length < total; await sleep(TICK_MS)) {
        // overdue notifications are posted at once
        const due = Math.min(total, ((performance.now() - startedAt) / 1000) * perSecond)
        while (posts.length < due) posts.push(post())
      }
      await Promise.all(posts)
    },
    watcher: () => {
      const seen = new Map<string, number>() // the number of delivered notifications, by call
      const delaysMs: number[] = []
      const createdAt = performance.now()
      return {
        delaysMs,
        onEvent: ({ event, data }) => {
          // the object of a call event
          const { id = '', sources } = (data.object ?? {}) as { id?: string; sources?: { webhook: number } }
          if (event !== 'call' || !sources) return
          // one event may include several notifications
          const times = postedAt.get(id)?.slice(seen.get(id) ?? 0, sources.webhook) ?? []
          seen.set(id, sources.webhook)
          for (const at of times) if (at > createdAt) delaysMs.push(performance.now() - at)
        }
      }
    },
    posted: () => n
  }
}
