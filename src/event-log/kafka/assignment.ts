import type { Consumer } from 'kafkajs'
import type { Logger } from 'pino'
import { backOffMs, pause } from '../../lib/backoff.js'
import type { EventReader, Offset, SubscribeOptions, TopicPartition } from '../port.js'
import { kafkaTopic } from './requests.js'

/** A partition that is ours, from one joining of the group to the next. */
export interface Place extends TopicPartition {
  /** Where the next batch must begin; null until it is known, and the partition is paused so long. */
  next: Offset | null
  /** A batch may begin later: it did, and startAt was asked again because of it. */
  gapAccepted: boolean
  /** Rejections of its handler in a row. */
  rejections: number
}

/** What of the topics is ours at the moment. */
export interface Assignment {
  /** Takes the place of all that was ours. Must be called within the event: kafkajs fetches right after. */
  assign: (partitions: readonly TopicPartition[]) => void
  find: (partition: TopicPartition) => Place | null
  /** Looks for the start once more: the log does not continue where it should. */
  startAgain: (place: Place) => void
  /** The same for all that is ours: nothing is known any more of what it continues. */
  startAll: () => void
  /** Lets the partition rest, longer after each rejection; the others go on. */
  rest: (place: Place) => void
  clear: () => void
  /** Why records cannot flow, or null. */
  trouble: () => string | null
}

export interface AssignmentNeeds {
  consumer: Pick<Consumer, 'pause' | 'resume' | 'seek'>
  topicPrefix: string
  findStart: (partition: TopicPartition) => Promise<Offset>
  log: Logger
}

export function createAssignment(needs: AssignmentNeeds): Assignment {
  const { consumer, topicPrefix } = needs
  const places = new Map<string, Place>()
  const isOurs = (place: Place) => places.get(keyOf(place)) === place

  function assign(partitions: readonly TopicPartition[]): void {
    places.clear()
    for (const { topic, partition } of partitions) {
      const place = { topic, partition, next: null, gapAccepted: false, rejections: 0 }
      places.set(keyOf(place), place)
      start(place)
    }
  }

  /** Paused, since an unresolved batch would come back at once and for ever; kafkajs awaits none of its listeners. */
  function start(place: Place): void {
    place.next = null
    consumer.pause([partitionsOf(place, topicPrefix)])
    void seekStart(needs, place, isOurs)
  }

  function startAgain(place: Place): void {
    place.gapAccepted = true
    start(place)
  }

  function rest(place: Place): void {
    place.rejections++
    consumer.pause([partitionsOf(place, topicPrefix)])
    void pause(backOffMs(place.rejections)).then(() => {
      if (isOurs(place) && place.next !== null) consumer.resume([partitionsOf(place, topicPrefix)])
    })
  }

  return {
    assign,
    find: partition => places.get(keyOf(partition)) ?? null,
    startAgain,
    startAll: () => {
      for (const place of places.values()) start(place)
    },
    rest,
    clear: () => places.clear(),
    trouble: () => troubleOf([...places.values()])
  }
}

/**
 * Asks until there is an answer, or the partition is no longer ours. The seek comes before the first fetch, in the same
 * turn.
 */
async function seekStart(needs: AssignmentNeeds, place: Place, isOurs: (place: Place) => boolean): Promise<void> {
  const { consumer, topicPrefix, findStart, log } = needs
  const { topic, partition } = place
  for (let failures = 1; isOurs(place); failures++) {
    try {
      const offset = await findStart(place)
      if (!isOurs(place)) return
      consumer.seek({ topic: kafkaTopic(topicPrefix, topic), partition, offset: String(offset) })
      place.next = offset
      consumer.resume([partitionsOf(place, topicPrefix)])
      return
    } catch (err) {
      log.warn({ err, topic, partition }, 'could not find out where to start')
      await pause(backOffMs(failures))
    }
  }
}

function troubleOf(places: readonly Place[]): string | null {
  const rejected = places.find(({ rejections }) => rejections > 0)
  if (rejected) return `the handler rejects what comes from ${keyOf(rejected)}, ${rejected.rejections} times in a row`
  const unplaced = places.find(({ next }) => next === null)
  return unplaced ? `does not know yet where to start in ${keyOf(unplaced)}` : null
}

function partitionsOf({ topic, partition }: Place, topicPrefix: string) {
  return { topic: kafkaTopic(topicPrefix, topic), partitions: [partition] }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

/**
 * The first offset to fetch. What startAt wants may be out of range: kafkajs would restart at the first record,
 * silently.
 */
export function createFindStart(startAt: SubscribeOptions['startAt'], bounds: EventReader['bounds'], log: Logger) {
  return async ({ topic, partition }: TopicPartition): Promise<Offset> => {
    const wanted = await startAt({ topic, partition })
    // Asked after it: the end may grow meanwhile, and must not be older than the checkpoint.
    const found = (await bounds(topic)).find(entry => entry.partition === partition)
    if (!found) throw new Error('the partition has no bounds')
    const { first, end } = found
    if (wanted === 'first') return first
    if (wanted >= first && wanted <= end) return wanted
    // One below the first: retention has taken a record that was handled, and nothing is missing.
    if (wanted !== first - 1n) {
      const range = { wanted: String(wanted), first: String(first), end: String(end) }
      log.warn(
        { topic, partition, ...range },
        'the log does not hold the offset asked for: starting at its first record'
      )
    }
    return first
  }
}
