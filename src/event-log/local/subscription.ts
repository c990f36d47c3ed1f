import { LogClosedError } from '../../errors.js'
import type { Topic } from '../../events/topics.js'
import { codeOrNameOf } from '../../lib/error-code.js'
import { retry } from '../../lib/retry.js'
import type { EventReader, Offset, StoredRecord, SubscribeOptions, Subscription } from '../port.js'
import { createCursor } from './cursor.js'
import type { LocalLogger } from './damage.js'
import type { SegmentSource } from './segments.js'

const MAX_BATCH_RECORDS = 500
const BACK_OFF = { first: 100, most: 5_000 }

interface State {
  options: SubscribeOptions
  log: LocalLogger | undefined
  stop: AbortController
  trouble: string | null
  handledBelow: Offset | null
}

/** A subscription that also reports its progress. */
interface LocalSubscription extends Subscription {
  /** All records below this offset are handled; `null` while the start is unknown. */
  handledBelow: () => Offset | null
}

/** Reads for one subscriber at its own pace, from the start offsets that it returns. */
function startSubscription(source: SegmentSource, options: SubscribeOptions, log?: LocalLogger): LocalSubscription {
  const state: State = { options, log, stop: new AbortController(), trouble: null, handledBelow: null }
  const running = run(source, state)
  return {
    handledBelow: () => state.handledBelow,
    trouble: () => (state.stop.signal.aborted ? 'is closed' : state.trouble),
    close: async () => {
      state.stop.abort()
      await running
    }
  }
}

/**
 * Groups the wanted records by topic into batches of at most 500, in the order of their offsets.
 * All available records are delivered together: a handler that is behind gets larger batches. Order matters only within
 * a topic.
 */
export function batchesOf(records: readonly StoredRecord[], starts: ReadonlyMap<Topic, bigint>): StoredRecord[][] {
  const open = new Map<Topic, StoredRecord[]>()
  const batches: StoredRecord[][] = []
  for (const record of records) {
    const start = starts.get(record.topic)
    if (start === undefined || record.offset < start) continue
    const batch = open.get(record.topic)
    if (batch && batch.length < MAX_BATCH_RECORDS) {
      batch.push(record)
    } else {
      const next = [record]
      open.set(record.topic, next)
      batches.push(next)
    }
  }
  return batches
}

async function run(source: SegmentSource, state: State): Promise<void> {
  const starts = await retryUntilClosed(state, 'the start offset cannot be loaded', () => loadStarts(state.options))
  if (!starts) return
  const from = [...starts.values()].reduce((least, start) => (start < least ? start : least))
  const cursor = createCursor(source, Number(from))
  state.handledBelow = from
  while (!state.stop.signal.aborted) {
    const seen = source.appendSignal.version()
    const records = (await retryUntilClosed(state, 'the event log cannot be read', cursor.next)) ?? []
    for (const batch of batchesOf(records, starts)) await deliver(state, batch)
    const last = records.at(-1)
    if (last && !state.stop.signal.aborted) state.handledBelow = last.offset + 1n
    if (records.length === 0 && !state.stop.signal.aborted) state.options.onEnd?.()
    if (records.length === 0) await source.appendSignal.waitFor(seen, state.stop.signal)
  }
  await cursor.close().catch(() => {}) // a failure to close a read-only file is harmless
}

async function loadStarts({ topics, startAt }: SubscribeOptions): Promise<Map<Topic, bigint>> {
  const starts = await Promise.all(topics.map(topic => startAt({ topic, partition: 0 })))
  return new Map(
    topics.map((topic, i) => {
      const start = starts[i]
      return [topic, start === undefined || start === 'first' ? 0n : start]
    })
  )
}

async function deliver(state: State, records: StoredRecord[]): Promise<void> {
  const topic = records[0]?.topic
  if (!topic || state.stop.signal.aborted) return
  const batch = { topic, partition: 0, records, heartbeat: async () => {} }
  await retryUntilClosed(state, 'a batch cannot be handled', () => state.options.handle(batch))
}

/** Retries until the attempt succeeds; resolves with undefined when the subscription is closed. */
function retryUntilClosed<T>(state: State, failing: string, attempt: () => Promise<T>): Promise<T | undefined> {
  return retry(
    async () => {
      const result = await attempt()
      state.trouble = null
      return result
    },
    {
      signal: state.stop.signal,
      backOff: BACK_OFF,
      onFailure: err => {
        const code = codeOrNameOf(err)
        const trouble = `${failing}: ${code}`
        if (trouble !== state.trouble) state.log?.warn({ group: state.options.group, code }, `${failing}, retrying`)
        state.trouble = trouble
      }
    }
  )
}

export interface Subscriptions extends Pick<EventReader, 'subscribe' | 'close'> {
  /** Every subscription has handled all records below it; `null` without subscriptions or before one has started. */
  handledBelow: () => Offset | null
}

/** The subscriptions of one open log. Each reads independently of its group: the single partition is never shared. */
export function createSubscriptions(source: SegmentSource, log: LocalLogger | undefined): Subscriptions {
  const running = new Set<LocalSubscription>()
  let closed = false
  return {
    handledBelow: () => {
      const all = [...running].map(subscription => subscription.handledBelow())
      const known = all.filter(offset => offset !== null)
      return known.length === 0 || known.length < all.length
        ? null
        : known.reduce((least, offset) => (offset < least ? offset : least))
    },
    subscribe: async options => {
      if (closed) throw new LogClosedError()
      const started = startSubscription(source, options, log)
      const subscription = {
        ...started,
        close: async () => {
          await started.close()
          running.delete(subscription)
        }
      }
      running.add(subscription)
      return subscription
    },
    close: async () => {
      closed = true
      await Promise.all([...running].map(subscription => subscription.close()))
    }
  }
}
