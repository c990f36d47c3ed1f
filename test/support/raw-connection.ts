import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './eventually.js'
import type { Teardown } from './teardown.js'

export interface RawConnection {
  socket: net.Socket
  send: (...parts: (string | Buffer)[]) => void
  /** Returns everything received so far, one character per byte. */
  text: () => string
  /** Returns the status codes of the responses, without 100 Continue. */
  statuses: () => number[]
  untilAnswered: (count?: number) => Promise<void>
  untilClosed: Promise<void>
}

/** Opens a connection to 127.0.0.1 on which the test writes raw bytes. */
export async function openRawConnection(t: Teardown, port: number): Promise<RawConnection> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {}) // the server may close while the test writes
  t.teardown(() => {
    socket.destroy()
  })
  let text = ''
  socket.setEncoding('latin1').on('data', (data: string) => {
    text += data
  })
  const untilClosed = new Promise<void>(resolve => {
    socket.once('end', resolve).once('close', () => resolve())
  })
  await once(socket, 'connect')
  const statuses = () => [...text.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].map(found => Number(found[1]))
  return {
    socket,
    statuses,
    untilClosed,
    send: (...parts) => {
      for (const part of parts) socket.write(part)
    },
    text: () => text,
    untilAnswered: (count = 1) =>
      eventually(`${count} responses, received ${JSON.stringify(text.slice(0, 200))}`, () => statuses().length >= count)
  }
}

/** Writes one byte per interval until the server closes the connection. */
export async function dripBytes(connection: RawConnection, everyMs: number): Promise<void> {
  let open = true
  const end = connection.untilClosed.then(() => {
    open = false
  })
  for (; open; await Promise.race([end, sleep(everyMs)])) connection.send('x')
}

/** Returns the text of a request: its head, and its body if it has one. */
export function rawRequest(line: string, headers: readonly string[], body = ''): string {
  return `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers.map(header => `${header}\r\n`).join('')}\r\n${body}`
}
