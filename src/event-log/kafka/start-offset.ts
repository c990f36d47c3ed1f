import type { Logger } from 'pino'
import type { EventReader, Offset, SubscribeOptions, TopicPartition } from '../port.js'

/**
 * The first offset to fetch. What startAt wants may be out of range: kafkajs would restart at the first record, silently.
 */
export function createFindStart (startAt: SubscribeOptions['startAt'], bounds: EventReader['bounds'], log: Logger) {
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
      log.warn({ topic, partition, ...range }, 'the log does not hold the offset asked for: starting at its first record')
    }
    return first
  }
}
