import type { ServerResponse } from 'node:http'

/** Server-sent events to one client, whose memory here is bounded. */
export interface Stream {
  /** False: the client is too slow, and nothing was written. */
  write: (text: string | Buffer) => boolean
  /** Resolves when the client has taken what was written; false: it has not in so long, or is gone. */
  drained: (patienceMs: number) => Promise<boolean>
  isOver: () => boolean
  /** Ends it after these last words, which the client may not take any more. */
  end: (text: string) => void
}

const HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no' // a proxy must not collect them
}

/** How long a client has to take the end. */
const END_MS = 1_000

/** @param maxBytes  what may wait for the client before it is written to once more */
export function openStream(
  response: ServerResponse,
  { maxBytes, onClose }: { maxBytes: number; onClose: () => void }
): Stream {
  response.on('error', () => {}) // a client that is gone
  response.once('close', onClose)
  response.writeHead(200, HEAD)
  response.flushHeaders()
  return {
    write: text => {
      if (response.writableLength > maxBytes) return false
      if (!response.writableEnded) response.write(text)
      return true
    },
    drained: async patienceMs =>
      !response.writableNeedDrain ||
      new Promise(resolve => {
        const done = (isDrained: boolean) => () => {
          clearTimeout(timer)
          for (const [event, listener] of listeners) response.off(event, listener)
          resolve(isDrained)
        }
        const timer = setTimeout(done(false), patienceMs)
        const listeners = [
          ['drain', done(true)],
          ['close', done(false)]
        ] as const
        for (const [event, listener] of listeners) response.once(event, listener)
      }),
    isOver: () => response.writableEnded || response.destroyed,
    end: text => {
      if (!response.writableEnded) response.end(text)
      setTimeout(() => response.destroy(), END_MS).unref()
    }
  }
}
