import type { Clock } from '../../../lib/clock.js'
import { postOne } from '../../post-one.js'
import type { DeliveryPlan } from './plan.js'

/** From and until when nothing gets through, in milliseconds since 1970. */
export interface Outage {
  from: number
  until: number
}

export interface PosterOptions extends DeliveryPlan {
  url: URL
  clock: Clock
  outages: readonly Outage[]
  /** True milliseconds, whatever the clock: a service does not answer faster because a week is simulated in an hour. */
  responseTimeoutMs: number
}

/** Of posts, so that a notification that is posted twice counts twice. */
export interface PostStatistics {
  posted: number
  accepted: number
  /** Not posted a second time either: by the status of the answer, or `no answer` within 8 s. */
  refused: Record<string, number>
  /** That met an outage. */
  lost: number
  /** That were never posted. */
  dropped: number
  /** Second copies. */
  doubled: number
  /** Posted later than due. */
  late: number
}

export interface Poster {
  /** Until now. */
  statistics: () => PostStatistics
  /** Posts these too. */
  add: (plan: DeliveryPlan) => void
  /** Nothing is left to post of what was planned at the beginning, and all of that is answered. */
  done: Promise<void>
  /** Posts no more, and waits for what is under way. */
  close: () => Promise<void>
}

const MAX_IN_FLIGHT = 64

/** Posts each when the clock says so, whether or not the one before has been answered, and never again. */
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
