import { setImmediate as eventTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import { LogClosedError, NotStoredError } from '../../errors.js'
import type { LogRecord } from '../port.js'
import { describeKafkaError, type ErrorContext } from './errors.js'
import { sizeBytes } from './requests.js'
import type { Sender } from './sender.js'

export interface BatchingProducerOptions extends ErrorContext {
  log: Logger
  /** Called with the error of each batch that was not stored. */
  onFailure: (err: unknown) => void
}

export interface BatchingProducer {
  /** @throws NotStoredError with its cause, LogClosedError */
  append: (records: readonly LogRecord[]) => Promise<void>
  /** Why the last batch was not stored, or `null`. */
  trouble: () => string | null
  /** Sends the queued records and refuses new ones. */
  close: () => Promise<void>
}

/**
 * Keeps one batch in flight; records that arrive meanwhile form the next one. Batches grow with the load, and no record
 * waits for a timer.
 *
 * A failure also rejects everything queued: the caller stores the failed batch elsewhere, and later records must not be
 * stored in Kafka before it. It also bounds the wait of every append to one deadline.
 */
export function createBatchingProducer(
  sender: Sender,
  { log, createTopics, onFailure }: BatchingProducerOptions
): BatchingProducer {
  const queue: QueuedAppend[] = []
  let sending: Promise<void> | null = null
  let problem: string | null = null
  let closed = false

  function append(records: readonly LogRecord[]): Promise<void> {
    if (closed) return Promise.reject(new LogClosedError())
    if (records.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      queue.push({ records, resolve, reject })
      sending ??= sendQueued()
    })
  }

  async function sendQueued(): Promise<void> {
    while (queue.length > 0) {
      // Appends that the last batch woke and requests that arrived meanwhile join this batch: the cost of a request
      // exceeds that of its records.
      await eventTurn()
      const batch = takeBatch(queue)
      try {
        await sender.send(batch.flatMap(({ records }) => records))
        setProblem(null)
        for (const { resolve } of batch) resolve()
      } catch (cause) {
        setProblem(describeKafkaError(cause, { createTopics }))
        onFailure(cause)
        for (const { reject } of [...batch, ...queue.splice(0)]) reject(new NotStoredError({ cause }))
      }
    }
    sending = null // not in a `finally` of the caller: an append in between would never be sent
  }

  /** Logs changes only: an outage is one line, not one per batch. */
  function setProblem(next: string | null): void {
    if (next && !problem) log.warn({ problem: next }, 'Kafka does not accept records')
    if (!next && problem) log.info('Kafka accepts records again')
    problem = next
  }

  async function close(): Promise<void> {
    closed = true
    await sending
    await sender.close()
  }

  return { append, trouble: () => problem, close }
}

interface QueuedAppend {
  records: readonly LogRecord[]
  resolve: () => void
  reject: (err: Error) => void
}

/** A batch of this size is one request, whatever its partitions are. A larger append is sent as a batch of its own. */
const MAX_BATCH_BYTES = 512 * 1024

function takeBatch(queue: QueuedAppend[]): QueuedAppend[] {
  let bytes = 0
  const end = queue.findIndex(({ records }, i) => {
    bytes += records.reduce((sum, record) => sum + sizeBytes(record), 0)
    return i > 0 && bytes > MAX_BATCH_BYTES
  })
  return queue.splice(0, end < 0 ? queue.length : end)
}
