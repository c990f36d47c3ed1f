import { setTimeout as sleep } from 'node:timers/promises'
import { encodeEvent } from '../../src/events/record.js'
import type { Topic } from '../../src/events/topics.js'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { simulateCompany } from '../../src/simulator/company.js'
import { applyFaults, paceNotifications } from '../../src/simulator/delivery.js'
import type { Notification } from '../../src/simulator/notifications.js'
import { type LoadPlan, POSTING_MS } from './plan.js'

/** A notification that was posted, and what became of it. Instants are milliseconds since the first was due. */
export interface Post {
  /** Of the event that it should become, by our own parser. */
  id: string
  topic: Topic
  /** Of its record. */
  key: string
  sentAt: number
  endedAt: number
  /** Null: the connection broke. `late`: nobody answered in the time that MightyCall waits. */
  status: number | 'late' | null
}

export const isAcknowledged = ({ status }: Pick<Post, 'status'>): boolean =>
  typeof status === 'number' && status >= 200 && status < 300

const ACCOUNT = { id: 'default', apiKey: null, region: 'US' } as const
const PATIENCE_MS = 8_000
/** In the past, so that no time of a notification is suspect. */
const START_AT = Date.UTC(2026, 0, 12, 9)
const CALLS_PER_HOUR = 600
/** Missed calls have no more. */
const LEAST_PER_CALL = 2
const LATE_BY_MS = 1_500

/** What is to be posted; `at` counts from 0. */
export function notificationsOf(
  seed: number,
  { rate, family, duplicate, reorder }: Omit<LoadPlan, 'clients'>,
  postingMs = POSTING_MS
): Notification[] {
  const count = Math.floor((rate * postingMs) / 1000)
  const calls = Math.ceil(count / LEAST_PER_CALL)
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

/** Posts each when it is due. A client posts one after the other, in their order, and all of a call. */
export async function postLoad(
  url: URL,
  notifications: readonly Notification[],
  { clients, onPost = () => {} }: { clients: number; onPost?: (post: Post) => void }
): Promise<Post[]> {
  const begun = performance.now()
  const clock = () => performance.now() - begun
  const lanes = new Map<number, (() => Promise<void>)[]>()
  const posts: Post[] = []
  const laneOf = createLanes(clients)
  for (const { at, body } of notifications) {
    const target = targetOf(body)
    const lane = laneOf(target.key)
    lanes.set(lane, [
      ...(lanes.get(lane) ?? []),
      async () => {
        if (at > clock()) await sleep(at - clock())
        const sentAt = clock()
        const post = { ...target, sentAt, status: await statusOf(url, body), endedAt: clock() }
        posts.push(post)
        onPost(post)
      }
    ])
  }
  await Promise.all(
    [...lanes.values()].map(async lane => {
      for (const post of lane) await post()
    })
  )
  return posts
}

function targetOf(body: object): Pick<Post, 'id' | 'topic' | 'key'> {
  const event = parseNotification(ACCOUNT, Buffer.from(JSON.stringify(body)), new Date())
  if (!event) throw new Error('the simulator has made an empty notification')
  const { topic, key } = encodeEvent(event)
  return { id: event.id, topic, key }
}

/** Keys take the clients in turn. */
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
      signal: AbortSignal.timeout(PATIENCE_MS)
    })
    await answer.arrayBuffer() // else the connection cannot be used again
    return answer.status
  } catch (err) {
    return (err as Error).name === 'TimeoutError' ? 'late' : null // fetch throws nothing but errors
  }
}
