import type { FastifyError } from '@fastify/error'
import { SlowClientError } from '../errors.js'
import { eventText, type Frame } from './frames.js'
import { coversAccount, type Interest, interestKey } from './interest.js'
import type { SseStream } from './sse-stream.js'

/** A client of the stream. */
export interface LiveClient {
  interest: Interest
  /** The number of the last change that the client has been sent or did not want; a reconnect continues after it. */
  cursor: () => number
  /**
   * Sends the frames that the client wants and has not had, and moves the cursor to `to`: the frames are complete up to
   * there. `shared` caches the text for clients with the same interest.
   */
  deliver: (frames: readonly Frame[], to: number, shared: Map<string, string>) => void
  /** The client has to load the lists again before it can be sent changes. */
  requireReset: () => void
  /** Sends the cursor as the id, so that a client that is cut off before the first event can continue. */
  sendPosition: () => void
  /** Sends the event `beat`, preceded by the cursor as the id; only a comment before the client has joined the hub. */
  sendHeartbeat: (heartbeat: Heartbeat) => void
  /** Sends the readiness report if it has changed. */
  sendHealth: (report: object) => void
  /** The client was dropped, sent away or has disconnected. */
  hasEnded: () => boolean
  /** Ends the stream with an event that says why. */
  drop: (err: FastifyError) => void
  /** Ends the stream, and tells the client when to reconnect. */
  endWithRetry: (retryMs: number) => void
  drained: SseStream['drained']
}

interface Heartbeat {
  at: Date
  /** The newest change, or null before the client has joined the hub. */
  newest: number | null
  /** The accounts of which something is known to be missing; `''` stands for all. */
  incompleteAccounts: ReadonlySet<string>
}

/**
 * following     changes are sent as they come: → reset-due when changes were missed or rows were rebuilt
 * reset-due     nothing is sent, and the cursor stays, so that a client that reconnects is reset as well:
 *               → following when the reset is sent, at most one in RESET_INTERVAL_MS
 */
type DeliveryState = 'following' | 'reset-due'

/** A rebuild changes rows for minutes: changes between two resets are covered by the second one. */
const RESET_INTERVAL_MS = 5_000

/** @param from  the change that the client has seen last */
export function createLiveClient(
  interest: Interest,
  stream: SseStream,
  { from, onDropped }: { from: number; onDropped: (err: FastifyError) => void }
): LiveClient {
  const key = interestKey(interest)
  const wants = ({ kind, account }: Frame) => interest.kinds.includes(kind) && coversAccount(interest, account)
  let state: DeliveryState = 'following'
  let cursor = from
  let lastResetAt = Number.NEGATIVE_INFINITY
  let lastHealth = ''

  function write(text: string): void {
    if (text !== '' && !stream.write(text)) drop(new SlowClientError())
  }

  /** An id without data is not an event: the browser only remembers it. */
  function sendPosition(): void {
    write(`id: ${cursor}\n\n`)
  }

  function drop(err: FastifyError): void {
    stream.end(eventText('dropped', { code: err.code, message: err.message }))
    onDropped(err)
  }

  function sendReset(to: number): void {
    if (performance.now() - lastResetAt < RESET_INTERVAL_MS) return
    lastResetAt = performance.now()
    state = 'following'
    cursor = to
    write(eventText('reset', { revision: to }, to))
  }

  const textOfWanted = (frames: readonly Frame[]) =>
    frames
      .filter(wants)
      .map(frame => frame.text)
      .join('')

  /** Most clients have the same cursor and interest, so that the text is built once for all of them. */
  function textOf(frames: readonly Frame[], shared: Map<string, string>): string {
    const hasSome = frames[0] !== undefined && frames[0].number <= cursor
    if (hasSome) return textOfWanted(frames.filter(frame => frame.number > cursor))
    const text = shared.get(key) ?? textOfWanted(frames)
    shared.set(key, text)
    return text
  }

  return {
    interest,
    cursor: () => cursor,
    deliver: (frames, to, shared) => {
      if (state === 'reset-due') return sendReset(to)
      const text = textOf(frames, shared)
      cursor = Math.max(cursor, to)
      write(text)
    },
    requireReset: () => {
      state = 'reset-due'
    },
    sendPosition,
    sendHeartbeat: ({ at, newest, incompleteAccounts }) => {
      if (newest === null) return write(': heartbeat\n\n')
      if (state === 'reset-due') sendReset(newest)
      sendPosition()
      const incomplete = [...incompleteAccounts].some(account => coversAccount(interest, account))
      write(eventText('beat', { at: at.toISOString(), revision: cursor, incomplete }))
    },
    sendHealth: report => {
      const text = JSON.stringify(report)
      if (text === lastHealth || !interest.kinds.includes('health')) return
      lastHealth = text
      write(eventText('health', { revision: cursor, object: report }))
    },
    hasEnded: stream.hasEnded,
    drop,
    endWithRetry: retryMs => stream.end(`retry: ${retryMs}\n\n`),
    drained: stream.drained
  }
}
