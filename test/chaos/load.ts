import { setMaxListeners } from 'node:events'
import { encodeEvent } from '../../src/events/record.js'
import type { Topic } from '../../src/events/topics.js'
import { pause } from '../../src/lib/backoff.js'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { simulateCompany } from '../../src/simulator/company.js'
import { applyFaults, paceNotifications } from '../../src/simulator/delivery.js'
import type { Notification } from '../../src/simulator/notifications.js'
import { groupBy } from '../support/group-by.js'
import { type LoadPlan, POSTING_MS } from './plan.js'

/** A posted notification and its result. Times are milliseconds since the first notification was due. */
export interface Post {
  /** The id of the event that the parser of the service creates from it. */
  id: string
  topic: Topic
  /** The key of its record. */
  key: string
  sentAt: number
  endedAt: number
  /** Null when the connection broke; `late` without a response within the time that MightyCall waits. */
  status: number | 'late' | null
}

export const isAcknowledged = ({ status }: Pick<Post, 'status'>): boolean =>
  typeof status === 'number' && status >= 200 && status < 300

const ACCOUNT = { id: 'default', apiKey: null, region: 'US' } as const
const RESPONSE_TIMEOUT_MS = 8_000
/** In the past, so that the times of notifications are plausible. */
const START_AT = Date.UTC(2026, 0, 12, 9)
const CALLS_PER_HOUR = 600
/** The number for a missed call. */
const MIN_PER_CALL = 2
const LATE_BY_MS = 1_500

/** Returns the notifications to post; `at` counts from 0. */
export function notificationsOf(
  seed: number,
  { rate, family, duplicate, reorder }: Omit<LoadPlan, 'clients'>,
  postingMs = POSTING_MS
): Notification[] {
  const count = Math.floor((rate * postingMs) / 1000)
  const calls = Math.ceil(count / MIN_PER_CALL)
  const { notifications } = simulateCompany({
    seed,
    startAt: START_AT,
    calls,
    family,
    messages: 0,
    contacts: 0,
    hours: calls / CALLS_PER_HOUR
  })
  return applyFaults(paceNotifications(notifications, { startAt: START_AT, rate }), {
    seed,
    duplicate,
    reorder,
    delayMs: LATE_BY_MS
  })
    .slice(0, count)
    .map(({ at, body }) => ({ at: at - START_AT, body }))
}

export interface PostOptions {
  clients: number
  onPost?: (post: Post) => void
  /** Ends the load early: notifications that are not due yet are not posted. */
  signal?: AbortSignal
}

/** Posts each notification when it is due. A client posts sequentially, and posts all notifications of a call. */
export function postLoad(url: URL, notifications: readonly Notification[], options: PostOptions): Promise<Post[]> {
  return prepareLoad(url, notifications, options)()
}

/** Returns the function that posts the load. The preparation of a long load takes seconds. */
export function prepareLoad(
  url: URL,
  notifications: readonly Notification[],
  { clients, onPost = () => {}, signal = new AbortController().signal }: PostOptions
): () => Promise<Post[]> {
  setMaxListeners(0, signal) // each client listens
  const due = notifications.map(({ at, body }) => ({ at, body, target: targetOf(body) }))
  const laneOf = createLanes(clients)
  const lanes = [...groupBy(due, ({ target }) => String(laneOf(target.key))).values()]
  return async () => {
    const startedAt = performance.now()
    const clock = () => performance.now() - startedAt
    const posts: Post[] = []
    await Promise.all(
      lanes.map(async lane => {
        for (const { at, body, target } of lane) {
          if (at > clock()) await pause(at - clock(), signal)
          if (signal.aborted) return
          const sentAt = clock()
          const post = { ...target, sentAt, status: await statusOf(url, body), endedAt: clock() }
          posts.push(post)
          onPost(post)
        }
      })
    )
    return posts
  }
}

function targetOf(body: object): Pick<Post, 'id' | 'topic' | 'key'> {
  const event = parseNotification(ACCOUNT, Buffer.from(JSON.stringify(body)), new Date())
  if (!event) throw new Error('the simulator created an empty notification')
  const { topic, key } = encodeEvent(event)
  return { id: event.id, topic, key }
}

/** Assigns keys to clients in rotation. */
function createLanes(clients: number): (key: string) => number {
  const known = new Map<string, number>()
  return key => {
    const lane = known.get(key) ?? known.size % clients
    known.set(key, lane)
    return lane
  }
}

async function statusOf(url: URL, body: object): Promise<Post['status']> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS)
    })
    await answer.arrayBuffer() // otherwise the connection cannot be reused
    return answer.status
  } catch (err) {
    return (err as Error).name === 'TimeoutError' ? 'late' : null // fetch throws only errors
  }
}
