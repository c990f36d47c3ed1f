import type { FastifyError } from '@fastify/error'
import { SlowClientError } from '../errors.js'
import { eventText, type Frame } from './frames.js'
import { concerns, type Interest, interestKey } from './interest.js'
import type { Stream } from './sse-stream.js'

/** One who watches. */
export interface LiveClient {
  interest: Interest
  /** The number up to which it has been told all: where it goes on when it comes back. */
  cursor: () => number
  /** Sends of these what it wants and has not had; they are all that there is up to the number. */
  deliver: (frames: readonly Frame[], to: number, shared: Map<string, string>) => void
  /** It has to load all anew before it is told anything more. */
  requireReset: () => void
  /**
   * Shows that the stream lives, and where it is, though nothing may have been for this client. @param to  null: it has
   * not joined the others yet
   */
  beat: (to: number | null) => void
  tellHealth: (report: object) => void
  /** It was dropped, has left or is gone. */
  isOver: () => boolean
  /** Ends it, with why. */
  drop: (err: FastifyError) => void
  /** Ends it, with when to come back. */
  leave: (retryMs: number) => void
  drained: Stream['drained']
}

/** A rebuild changes rows for minutes: what changes between two resets is part of the second. */
const RESET_EVERY_MS = 5_000

/** @param from  what it has been told already */
export function createLiveClient(
  interest: Interest,
  stream: Stream,
  { from, onDropped }: { from: number; onDropped: (err: FastifyError) => void }
): LiveClient {
  const name = interestKey(interest)
  const wants = ({ kind, account }: Frame) => interest.kinds.includes(kind) && concerns(interest, account)
  let cursor = from
  let resetAt = Number.NEGATIVE_INFINITY
  let isResetDue = false
  let health = ''

  function write(text: string): void {
    if (text !== '' && !stream.write(text)) drop(new SlowClientError())
  }

  function drop(err: FastifyError): void {
    stream.end(eventText('dropped', { code: err.code, message: err.message }))
    onDropped(err)
  }

  /** Its number stays where it is until then, so that a client that comes back is reset too. */
  function reset(to: number): void {
    if (performance.now() - resetAt < RESET_EVERY_MS) return
    resetAt = performance.now()
    isResetDue = false
    cursor = to
    write(eventText('reset', { revision: to }, to))
  }

  /** Most clients have had the same, and want the same: it is put together once for all of them. */
  function textOf(frames: readonly Frame[], shared: Map<string, string>): string {
    const hasSome = frames[0] !== undefined && frames[0].number <= cursor
    if (hasSome)
      return frames
        .filter(frame => frame.number > cursor && wants(frame))
        .map(frame => frame.text)
        .join('')
    const text =
      shared.get(name) ??
      frames
        .filter(wants)
        .map(frame => frame.text)
        .join('')
    shared.set(name, text)
    return text
  }

  return {
    interest,
    cursor: () => cursor,
    deliver: (frames, to, shared) => {
      if (isResetDue) return reset(to)
      const text = textOf(frames, shared)
      cursor = Math.max(cursor, to)
      write(text)
    },
    requireReset: () => {
      isResetDue = true
    },
    beat: to => {
      if (isResetDue && to !== null) reset(to)
      write(`: heartbeat\nid: ${cursor}\n\n`)
    },
    tellHealth: report => {
      const text = JSON.stringify(report)
      if (text === health || !interest.kinds.includes('health')) return
      health = text
      write(eventText('health', { revision: cursor, object: report }))
    },
    isOver: stream.isOver,
    drop,
    leave: retryMs => stream.end(`retry: ${retryMs}\n\n`),
    drained: stream.drained
  }
}
