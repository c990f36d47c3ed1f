import type { Test } from 'tap'
import type { EventLog, EventReader, StoredRecord } from '../../../src/event-log/port.js'
import type { Topic } from '../../../src/events/topics.js'
import { eventually } from '../../support/eventually.js'
import { gather, record } from '../support/gather.js'

const END_KEY = 'the end'

/**
 * Reads all records of a topic, each partition in order. It appends a last record, because offsets may be sparse and
 * the end offset alone does not tell whether everything was read.
 */
export async function readAll(t: Test, log: EventLog, topic: Topic = 'calls'): Promise<StoredRecord[]> {
  await log.append([{ ...record(END_KEY, ''), topic }])
  const { batches, records, subscription } = await gather(t, log, { topics: [topic] })
  const bounds = await boundsWithRecords(log, topic)
  const lastOf = (partition: number) =>
    batches.findLast(batch => batch.partition === partition)?.records.at(-1)?.offset ?? -1n
  await eventually(
    'everything is read',
    () => bounds.every(({ partition, end }) => lastOf(partition) >= end - 1n),
    30_000
  )
  await subscription.close()
  return records.filter(({ key }) => key !== END_KEY)
}

async function boundsWithRecords(log: EventReader, topic: Topic) {
  return (await log.bounds(topic)).filter(({ first, end }) => end > first)
}

/** Returns the texts of each key, in log order. */
export function textsByKey(records: readonly Pick<StoredRecord, 'key' | 'value'>[]): Map<string, string[]> {
  const texts = new Map<string, string[]>()
  for (const { key, value } of records) texts.set(String(key), [...(texts.get(String(key)) ?? []), String(value)])
  return texts
}

/** Removes repeated texts, keeping the first occurrences. */
export function firstOccurrences(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
