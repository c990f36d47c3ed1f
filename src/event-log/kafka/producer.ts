import { setImmediate as eventTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import { LogClosedError, NotStoredError } from '../../errors.js'
import type { LogRecord } from '../port.js'
import { kafkaProblem } from './errors.js'
import { sizeBytes } from './requests.js'
import type { Sender } from './sender.js'

export interface Appender {
  /** @throws NotStoredError with its cause, or LogClosedError */
  append: (records: readonly LogRecord[]) => Promise<void>
  /** Why the last batch was not stored, or null. */
  trouble: () => string | null
  /** Sends what is queued and refuses the rest. */
  close: () => Promise<void>
}

/**
 * One batch is in flight; what comes meanwhile is the next one. So batches grow with the load, and nothing waits
 * without need.
 *
 * A failure refuses everything queued, too: the caller puts the failed batch somewhere else, and what came after it
 * must
 * not be stored before it. It also means that nobody waits for longer than one deadline.
 */
export function createAppender(sender: Sender, log: Logger): Appender {
  const queue: Waiting[] = []
  let pumping: Promise<void> | null = null
  let problem: string | null = null
  let closed = false

  function append(records: readonly LogRecord[]): Promise<void> {
    if (closed) return Promise.reject(new LogClosedError())
    if (records.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      queue.push({ records, resolve, reject })
      pumping ??= pump()
    })
  }

  async function pump(): Promise<void> {
    while (queue.length > 0) {
      // those that the last batch woke, and requests that came meanwhile, join this one: a request costs more than its
      // records
      await eventTurn()
      const batch = takeBatch(queue)
      try {
        await sender.send(batch.flatMap(({ records }) => records))
        note(null)
        for (const { resolve } of batch) resolve()
      } catch (cause) {
        note(kafkaProblem(cause))
        for (const { reject } of [...batch, ...queue.splice(0)]) reject(new NotStoredError({ cause }))
      }
    }
    pumping = null // here and not in a `finally` of the caller: an append may come in between, and would wait for ever
  }

  /** Logs the change only: an outage is one line, not one per batch. */
  function note(now: string | null): void {
    if (now && !problem) log.warn({ problem: now }, 'Kafka does not take records')
    if (!now && problem) log.info('Kafka takes records again')
    problem = now
  }

  async function close(): Promise<void> {
    closed = true
    await pumping
    await sender.close()
  }

  return { append, trouble: () => problem, close }
}

interface Waiting {
  records: readonly LogRecord[]
  resolve: () => void
  reject: (err: Error) => void
}

/** Whatever its partitions turn out to be, a batch of this size is one request. A larger append is a batch alone. */
const MAX_BATCH_BYTES = 512 * 1024

function takeBatch(queue: Waiting[]): Waiting[] {
  let bytes = 0
  const end = queue.findIndex(({ records }, i) => {
    bytes += records.reduce((sum, record) => sum + sizeBytes(record), 0)
    return i > 0 && bytes > MAX_BATCH_BYTES
  })
  return queue.splice(0, end < 0 ? queue.length : end)
}
