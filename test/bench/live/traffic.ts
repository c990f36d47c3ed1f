import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { DOCUMENTED_NOTIFICATIONS } from '../../support/documented-notifications.js'
import type { LiveEvent } from '../../support/live-client.js'
import type { RunningService } from '../../support/service.js'

/** The notifications of one documented call. */
const CALL = DOCUMENTED_NOTIFICATIONS.slice(0, 5)
/** So many calls are under way at a time, their notifications mixed. */
const AT_ONCE = 50
const AGENTS = 20
const TICK_MS = 5

/** Notifications at a steady rate, and how long each takes until it is seen. */
export interface Traffic {
  /** Resolves when all are answered. @throws one was refused */
  run: (perSecond: number, seconds: number) => Promise<void>
  /**
   * A watcher of its own: from posted to seen of each, in milliseconds, for those that were posted after it was made.
   */
  watcher: () => { onEvent: (event: LiveEvent) => void; waits: number[] }
  posted: () => number
}

/** @param prefix  the beginning of each call's id */
export function createTraffic(service: RunningService, prefix: string): Traffic {
  // one that idles for long is closed while it is used
  const agent = new http.Agent({ keepAlive: true, maxSockets: 512, scheduling: 'fifo' })
  const postedAt = new Map<string, number[]>() // by call
  let n = 0

  function next(): { call: string; body: string } {
    const call = Math.floor(n / (AT_ONCE * CALL.length)) * AT_ONCE + (n % AT_ONCE)
    const { Body, ...notification } = CALL[Math.floor(n / AT_ONCE) % CALL.length] ?? { Body: {} }
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
    const own = postedAt.get(call) ?? []
    postedAt.set(call, own)
    own.push(performance.now())
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
    if (status !== 200) throw new Error(`a notification was answered ${status}`)
  }

  return {
    run: async (perSecond, seconds) => {
      const posts: Promise<void>[] = []
      const begun = performance.now()
      for (const total = perSecond * seconds; posts.length < total; await sleep(TICK_MS)) {
        // those that are late are posted at once
        const due = Math.min(total, ((performance.now() - begun) / 1000) * perSecond)
        while (posts.length < due) posts.push(post())
      }
      await Promise.all(posts)
    },
    watcher: () => {
      const seen = new Map<string, number>() // how many of the call's
      const waits: number[] = []
      const after = performance.now()
      return {
        waits,
        onEvent: ({ event, data }) => {
          // a call, if it is one
          const { id = '', sources } = (data.object ?? {}) as { id?: string; sources?: { webhook: number } }
          if (event !== 'call' || !sources) return
          // one event may tell of several
          const times = postedAt.get(id)?.slice(seen.get(id) ?? 0, sources.webhook) ?? []
          seen.set(id, sources.webhook)
          for (const at of times) if (at > after) waits.push(performance.now() - at)
        }
      }
    },
    posted: () => n
  }
}
