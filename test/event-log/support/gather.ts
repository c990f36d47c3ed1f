import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type {
  Batch,
  EventReader,
  LogRecord,
  StoredRecord,
  SubscribeOptions,
  Subscription
} from '../../../src/event-log/port.js'

export function record(key: string, value: string | Buffer, headers: Record<string, string> = {}): LogRecord {
  return { topic: 'calls', key, value: Buffer.from(value), headers }
}

export interface Gathered {
  batches: Batch[]
  records: StoredRecord[]
  values: () => string[]
  subscription: Subscription
}

/** Subscribes and keeps all that comes. */
export async function gather(t: Test, log: EventReader, options: Partial<SubscribeOptions> = {}): Promise<Gathered> {
  const batches: Batch[] = []
  const records: StoredRecord[] = []
  const subscription = await log.subscribe({
    group: `g-${randomUUID()}`,
    topics: ['calls'],
    startAt: async () => 'first',
    ...options,
    handle: async batch => {
      await options.handle?.(batch)
      batches.push(batch)
      records.push(...batch.records)
    }
  })
  t.teardown(() => subscription.close())
  return { batches, records, values: () => records.map(({ value }) => String(value)), subscription }
}
