import type { Clock } from '../../lib/clock.js'
import type { DeliveryPlan } from '../delivery.js'
import { postOne } from '../post.js'

/** A period in which no webhook is delivered, in milliseconds since 1970. */
export interface Outage {
  from: number
  until: number
}

export interface PosterOptions extends DeliveryPlan {
  url: URL
  clock: Clock
  outages: readonly Outage[]
  /** In real time, whatever the clock: a service does not respond faster because the simulated time runs faster. */
  responseTimeoutMs: number
}

/** Counts of posts: a notification that is posted twice counts twice. */
export interface PostStatistics {
  posted: number
  accepted: number
  /** By status, or `no answer` after the timeout. Refused notifications are not posted again. */
  refused: Record<string, number>
  /** Not posted because of an outage. */
  lost: number
  /** Dropped by the delivery plan. */
  dropped: number
  /** Second copies. */
  doubled: number
  /** Posted later than due. */
  late: number
}

export interface Poster {
  /** Returns the counts until now. */
  statistics: () => PostStatistics
  /** Posts the notifications of another plan too. */
  add: (plan: DeliveryPlan) => void
  /** Resolves when everything of the initial plan has been posted and answered. */
  done: Promise<void>
  /** Stops posting and waits for the requests in flight. */
  close: () => Promise<void>
}

const MAX_IN_FLIGHT = 64

/** Posts each notification once, when it is due by the clock, without waiting for the responses of earlier ones. */
export function startPoster({ url, clock, deliveries, droppedAt, outages, responseTimeoutMs }: PosterOptions): Poster {
  const dropped = [...droppedAt]
  const counts = { posted: 0, accepted: 0, lost: 0, doubled: 0, late: 0 }
  const refused: Record<string, number> = {}
  const seen = new Set<object>()
  const inFlight = new Set<Promise<void>>()
  const stop = new AbortController()

  async function post(body: object): Promise<void> {
    const status = await postOne(url, body, responseTimeoutMs)
    if (status !== null && status >= 200 && status < 300) counts.accepted++
    else refused[status ?? 'no answer'] = (refused[status ?? 'no answer'] ?? 0) + 1
  }

  async function run(planned: DeliveryPlan['deliveries']): Promise<void> {
    for (const { at, dueAt, body } of planned) {
      await clock.wait(at - clock.now().getTime(), stop.signal)
      if (stop.signal.aborted) break
      if (seen.has(body)) counts.doubled++
      else if (at > dueAt) counts.late++
      seen.add(body)
      if (outages.some(({ from, until }) => at >= from && at < until)) {
        counts.lost++
        continue
      }
      if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight)
      counts.posted++
      const posting: Promise<void> = post(body).finally(() => {
        inFlight.delete(posting)
      })
      inFlight.add(posting)
    }
    await Promise.all(inFlight)
  }

  const done = run(deliveries)
  const added: Promise<void>[] = []
  return {
    statistics: () => ({
      ...counts,
      refused: { ...refused },
      dropped: dropped.filter(at => at <= clock.now().getTime()).length
    }),
    add: plan => {
      dropped.push(...plan.droppedAt)
      added.push(run(plan.deliveries))
    },
    done,
    close: async () => {
      stop.abort()
      await Promise.all([done, ...added])
    }
  }
}
