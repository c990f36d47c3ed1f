import type { StoredRecord } from '../../../src/event-log/port.js'
import { isAcknowledged, type Post } from '../load.js'

type LogPosition = Pick<StoredRecord, 'topic' | 'partition' | 'offset' | 'key' | 'headers'>

/** Returns acknowledged ids without a record on the topic and under the key of their entity. */
export function missingRecords(posts: readonly Post[], records: readonly LogPosition[]): string[] {
  const stored = new Set(records.map(({ topic, key, headers }) => `${topic} ${key} ${headers.ce_id}`))
  const missing = posts.filter(post => isAcknowledged(post) && !stored.has(`${post.topic} ${post.key} ${post.id}`))
  return [...new Set(missing.map(({ id }) => id))]
}

/**
 * Returns a line for each pair of notifications of one key whose first records are out of order. Concurrent
 * notifications may be stored in any order: a notification must follow another only if it was first posted after the
 * other had been acknowledged.
 */
export function disorderedRecords(posts: readonly Post[], records: readonly LogPosition[]): string[] {
  const positions = firstPositions(records)
  const problems: string[] = []
  for (const [key, own] of byKey(posts)) {
    const inOrder = own.filter(({ acknowledgedAt }) => acknowledgedAt < Infinity).sort((a, b) => a.sentAt - b.sentAt)
    for (const [i, later] of inOrder.entries()) {
      const behind = inOrder
        .slice(0, i)
        .find(
          earlier =>
            earlier.acknowledgedAt < later.sentAt && isBehind(positions.get(earlier.id), positions.get(later.id))
        )
      if (behind)
        problems.push(`${key}: ${later.id} is before ${behind.id}, which was acknowledged before it was posted`)
    }
  }
  return problems
}

interface Position {
  partition: number
  offset: bigint
}

interface Sent {
  id: string
  /** The time of the first post. */
  sentAt: number
  /** The time of the first acknowledgement; Infinity when it was never acknowledged. */
  acknowledgedAt: number
}

function firstPositions(records: readonly LogPosition[]): Map<string, Position> {
  const positions = new Map<string, Position>()
  for (const {
    partition,
    offset,
    headers: { ce_id: id = '' }
  } of records) {
    const known = positions.get(id)
    if (!known || offset < known.offset) positions.set(id, { partition, offset })
  }
  return positions
}

/** Returns false when a record is missing, which `missingRecords` reports. */
function isBehind(earlier: Position | undefined, later: Position | undefined): boolean {
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
