import type { Consumer } from 'kafkajs'
import type { Logger } from 'pino'
import type { Topic } from '../../events/topics.js'
import type { Offset, PartitionBounds, SubscribeOptions, TopicPartition } from '../port.js'
import { backOffMs, pause } from './pauses.js'
import { kafkaTopic } from './records.js'

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
  /** Asks startAt once more: the log does not continue where it should. */
  askAgain: (place: Place) => void
  /** Lets the partition rest, longer after each rejection; the others go on. */
  rest: (place: Place) => void
  clear: () => void
  /** Why records cannot flow, or null. */
  trouble: () => string | null
}

export interface AssignmentNeeds {
  consumer: Pick<Consumer, 'pause' | 'resume' | 'seek'>
  topicPrefix: string
  startAt: SubscribeOptions['startAt']
  bounds: (topic: Topic) => Promise<PartitionBounds[]>
  log: Logger
}

export function createAssignment ({ consumer, topicPrefix, startAt, bounds, log }: AssignmentNeeds): Assignment {
  const places = new Map<string, Place>()
  const isOurs = (place: Place) => places.get(keyOf(place)) === place
  const kafka = ({ topic, partition }: Place) => ({ topic: kafkaTopic(topicPrefix, topic), partitions: [partition] })

  function assign (partitions: readonly TopicPartition[]): void {
    places.clear()
    for (const { topic, partition } of partitions) {
      const place = { topic, partition, next: null, gapAccepted: false, rejections: 0 }
      places.set(keyOf(place), place)
      hold(place)
    }
  }

  /** Paused, since an unresolved batch would come back at once and for ever; kafkajs awaits none of its listeners. */
  function hold (place: Place): void {
    place.next = null
    consumer.pause([kafka(place)])
    void seekStart(place)
  }

  async function seekStart (place: Place): Promise<void> {
    for (let failures = 1; isOurs(place); failures++) {
      try {
        const offset = await findStart(place)
        if (!isOurs(place)) return
        consumer.seek({ topic: kafkaTopic(topicPrefix, place.topic), partition: place.partition, offset: String(offset) })
        place.next = offset
        consumer.resume([kafka(place)])
        return
      } catch (err) {
        log.warn({ err, topic: place.topic, partition: place.partition }, 'could not find out where to start')
        await pause(backOffMs(failures))
      }
    }
  }

  /** kafkajs would restart at the first record, silently, when the offset is out of range. Bounds are asked last: they only grow. */
  async function findStart ({ topic, partition }: Place): Promise<Offset> {
    const wanted = await startAt({ topic, partition })
    const found = (await bounds(topic)).find(entry => entry.partition === partition)
    if (!found) throw new Error('the partition has no bounds')
    const { first, end } = found
    if (wanted === 'first') return first
    if (wanted >= first && wanted <= end) return wanted
    // One below the first is a record that retention has taken after it was handled: nothing is missing.
    if (wanted !== first - 1n) log.warn({ topic, partition, wanted: String(wanted), first: String(first), end: String(end) }, 'the log does not hold the offset asked for: starting at its first record')
    return first
  }

  function askAgain (place: Place): void {
    place.gapAccepted = true
    hold(place)
  }

  function rest (place: Place): void {
    place.rejections++
    consumer.pause([kafka(place)])
    void pause(backOffMs(place.rejections)).then(() => {
      if (isOurs(place) && place.next !== null) consumer.resume([kafka(place)])
    })
  }

  return { assign, find: partition => places.get(keyOf(partition)) ?? null, askAgain, rest, clear: () => places.clear(), trouble: () => troubleOf([...places.values()]) }
}

function troubleOf (places: readonly Place[]): string | null {
  const rejected = places.find(({ rejections }) => rejections > 0)
  if (rejected) return `the handler rejects what comes from ${keyOf(rejected)}, ${rejected.rejections} times in a row`
  const unplaced = places.find(({ next }) => next === null)
  return unplaced ? `does not know yet where to start in ${keyOf(unplaced)}` : null
}

function keyOf ({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
