import type { StoredRecord } from '../../../src/event-log/port.js'
import { isAcknowledged, type Post } from '../load.js'

type Placed = Pick<StoredRecord, 'topic' | 'partition' | 'offset' | 'key' | 'headers'>

/** Acknowledged ids without a record on the topic, and under the key, of their entity. */
export function missingRecords(posts: readonly Post[], records: readonly Placed[]): string[] {
  const there = new Set(records.map(({ topic, key, headers }) => `${topic} ${key} ${headers.ce_id}`))
  const missing = posts.filter(post => isAcknowledged(post) && !there.has(`${post.topic} ${post.key} ${post.id}`))
  return [...new Set(missing.map(({ id }) => id))]
}

/**
 * A line for each pair of one key whose first records are not in the order of their acknowledgements. Of two that were
 * under way together nothing is promised: only what was first posted once the other had been acknowledged must lie
 * behind it.
 */
export function disorderedRecords(posts: readonly Post[], records: readonly Placed[]): string[] {
  const placeOf = firstPlaces(records)
  const complaints: string[] = []
  for (const [key, own] of byKey(posts)) {
    const inOrder = own.filter(({ acknowledgedAt }) => acknowledgedAt < Infinity).sort((a, b) => a.sentAt - b.sentAt)
    for (const [i, later] of inOrder.entries()) {
      const behind = inOrder
        .slice(0, i)
        .find(
          earlier => earlier.acknowledgedAt < later.sentAt && isBehind(placeOf.get(earlier.id), placeOf.get(later.id))
        )
      if (behind)
        complaints.push(`${key}: ${later.id} lies before ${behind.id}, which was acknowledged before it was posted`)
    }
  }
  return complaints
}

interface Place {
  partition: number
  offset: bigint
}

interface Sent {
  id: string
  /** For the first time. */
  sentAt: number
  /** For the first time; Infinity: never. */
  acknowledgedAt: number
}

function firstPlaces(records: readonly Placed[]): Map<string, Place> {
  const places = new Map<string, Place>()
  for (const {
    partition,
    offset,
    headers: { ce_id: id = '' }
  } of records) {
    const known = places.get(id)
    if (!known || offset < known.offset) places.set(id, { partition, offset })
  }
  return places
}

/** What is not there is missed by others. */
function isBehind(earlier: Place | undefined, later: Place | undefined): boolean {
  return (
    earlier !== undefined &&
    later !== undefined &&
    (earlier.partition !== later.partition || earlier.offset > later.offset)
  )
}

function byKey(posts: readonly Post[]): Map<string, Sent[]> {
  const keys = new Map<string, Map<string, Sent>>()
  for (const post of posts) {
    const own = keys.get(post.key) ?? new Map<string, Sent>()
    const { sentAt, acknowledgedAt } = own.get(post.id) ?? { sentAt: Infinity, acknowledgedAt: Infinity }
    own.set(post.id, {
      id: post.id,
      sentAt: Math.min(sentAt, post.sentAt),
      acknowledgedAt: isAcknowledged(post) ? Math.min(acknowledgedAt, post.endedAt) : acknowledgedAt
    })
    keys.set(post.key, own)
  }
  return new Map([...keys].map(([key, own]) => [key, [...own.values()]]))
}
