import type { ServerResponse } from 'node:http'

/** An event stream to one client, with a bounded buffer. */
export interface SseStream {
  /** Returns false when the client is too slow: then nothing was written. */
  write: (text: string | Buffer) => boolean
  /** Resolves with true when the client has read the buffer, with false after the timeout or a disconnect. */
  drained: (timeoutMs: number) => Promise<boolean>
  hasEnded: () => boolean
  /** Writes the text and ends the stream; a client that does not read it is disconnected. */
  end: (text: string) => void
}

export const SSE_HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no' // nginx must not buffer events
}

/** How long a client has to read the end of the stream. */
const END_TIMEOUT_MS = 1_000

/** @param options.maxBytes  the size of the buffer above which `write` refuses */
export function openSseStream(
  response: ServerResponse,
  { maxBytes, onClose }: { maxBytes: number; onClose: () => void }
): SseStream {
  response.on('error', () => {}) // an unhandled 'error' event of a lost connection would crash the process
  response.once('close', onClose)
  response.writeHead(200, SSE_HEAD)
  response.flushHeaders()
  return {
    write: text => {
      if (response.writableLength > maxBytes) return false
      if (!response.writableEnded) response.write(text)
      return true
    },
    drained: async timeoutMs =>
      !response.writableNeedDrain ||
      new Promise(resolve => {
        const done = (isDrained: boolean) => () => {
          clearTimeout(timer)
          for (const [event, listener] of listeners) response.off(event, listener)
          resolve(isDrained)
        }
        const timer = setTimeout(done(false), timeoutMs)
        const listeners = [
          ['drain', done(true)],
          ['close', done(false)]
        ] as const
        for (const [event, listener] of listeners) response.once(event, listener)
      }),
    hasEnded: () => response.writableEnded || response.destroyed,
    end: text => {
      if (!response.writableEnded) response.end(text)
      setTimeout(() => response.destroy(), END_TIMEOUT_MS).unref()
    }
  }
}
