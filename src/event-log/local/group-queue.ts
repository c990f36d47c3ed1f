import { setImmediate as eventTurn } from 'node:timers/promises'
import { LogClosedError, NotStoredError, RecordTooLargeError } from '../../errors.js'
import type { LogRecord } from '../port.js'
import { createGroupBuffer, type GroupBuffer, MAX_RECORD_BYTES, sizeOf } from './group.js'

/** Appends wait here while a group is synced; all waiting appends then share the next write and the next sync. */
export interface GroupQueue {
  append: (records: readonly LogRecord[]) => Promise<void>
  /** Rejects new appends and finishes the accepted ones. */
  close: () => Promise<void>
}

export interface GroupQueueOptions {
  /** Writes one group durably. After a LogFailedError it rejects all further groups. */
  write: (group: Buffer, count: number) => Promise<void>
  /** Marks the last group as synced. Called when no group was written for a while. */
  mark: () => Promise<void>
  maxQueuedBytes: number
  /** ms since 1970 */
  now: () => number
}

const MARK_AFTER_MS = 500

interface PendingAppend {
  records: readonly LogRecord[]
  /** How many of the records are part of a group already. */
  taken: number
  sizeBytes: number
  resolve: () => void
  reject: (err: unknown) => void
}

interface State extends GroupQueueOptions {
  waiting: PendingAppend[]
  queuedBytes: number
  buffer: GroupBuffer
  writing: Promise<void> | null
  markTimer: NodeJS.Timeout | undefined
  closed: boolean
}

export function createGroupQueue(options: GroupQueueOptions): GroupQueue {
  const state: State = {
    ...options,
    waiting: [],
    queuedBytes: 0,
    buffer: createGroupBuffer(),
    writing: null,
    markTimer: undefined,
    closed: false
  }
  markSoon(state) // a crash may have left the last group without a mark
  return {
    append: records => enqueue(state, records),
    close: async () => {
      state.closed = true
      clearTimeout(state.markTimer)
      await state.writing
    }
  }
}

function enqueue(state: State, records: readonly LogRecord[]): Promise<void> {
  let sizeBytes = 0
  for (const record of records) {
    const size = sizeOf(record)
    if (size > MAX_RECORD_BYTES) return Promise.reject(new RecordTooLargeError())
    sizeBytes += size
  }
  if (state.closed) return Promise.reject(new LogClosedError())
  if (records.length === 0) return Promise.resolve()
  // An append larger than the limit is accepted when the queue is empty, or it never could be.
  if (state.queuedBytes > 0 && state.queuedBytes + sizeBytes > state.maxQueuedBytes)
    return Promise.reject(new NotStoredError())
  return new Promise((resolve, reject) => {
    state.waiting.push({ records, taken: 0, sizeBytes, resolve, reject })
    state.queuedBytes += sizeBytes
    state.writing ??= writeAll(state)
  })
}

async function writeAll(state: State): Promise<void> {
  while (state.waiting.length > 0) {
    await eventTurn() // appends that the last group woke and requests that arrived meanwhile join this group
    const group = takeGroup(state)
    try {
      await state.write(state.buffer.bytes(), state.buffer.count())
      for (const append of settled(state, group, false)) append.resolve()
    } catch (err) {
      for (const append of settled(state, group, true)) append.reject(err)
    }
  }
  state.writing = null
  markSoon(state)
}

/** The next group marks this one as well; without traffic a timer does. */
function markSoon(state: State): void {
  clearTimeout(state.markTimer)
  if (state.closed) return
  state.markTimer = setTimeout(() => {
    // a failure leaves the group without a mark; the next append reports the failure of the disk
    state.writing ??= state
      .mark()
      .catch(() => {})
      .then(() => writeWaiting(state))
  }, MARK_AFTER_MS).unref()
}

/** Writes what was appended during a mark. */
async function writeWaiting(state: State): Promise<void> {
  if (state.waiting.length > 0) return writeAll(state)
  state.writing = null
}

/** Fills the buffer from the front of the queue; the last append may be continued in the next group. */
function takeGroup(state: State): PendingAppend[] {
  const appendedAt = state.now()
  state.buffer.clear()
  let n = 0
  for (const append of state.waiting) {
    while (append.taken < append.records.length) {
      const record = append.records[append.taken]
      if (record && !state.buffer.add(record, appendedAt)) break
      append.taken++
    }
    if (append.taken === 0) break
    n++
    if (append.taken < append.records.length) break
  }
  return state.waiting.slice(0, n)
}

/** Removes the appends of a group from the queue: all of them after a failure, else those that are fully written. */
function settled(state: State, group: PendingAppend[], all: boolean): PendingAppend[] {
  const last = group.at(-1)
  const partly = !all && last !== undefined && last.taken < last.records.length
  const done = state.waiting.splice(0, partly ? group.length - 1 : group.length)
  for (const append of done) state.queuedBytes -= append.sizeBytes
  return done
}
