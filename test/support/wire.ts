import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './eventually.js'

interface Teardown {
  teardown: (fn: () => void) => void
}

export interface Wire {
  socket: net.Socket
  send: (...parts: (string | Buffer)[]) => void
  /** All that was answered up to now, one character a byte. */
  text: () => string
  /** The status codes of the final answers; 100 Continue is none. */
  statuses: () => number[]
  answered: (count?: number) => Promise<void>
  closed: Promise<void>
}

/** A connection to 127.0.0.1 on which a test writes its own bytes. */
export async function connect(t: Teardown, port: number): Promise<Wire> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {}) // the other side may close while we write
  t.teardown(() => {
    socket.destroy()
  })
  let text = ''
  socket.setEncoding('latin1').on('data', (data: string) => {
    text += data
  })
  const closed = new Promise<void>(resolve => {
    socket.once('end', resolve).once('close', () => resolve())
  })
  await once(socket, 'connect')
  const statuses = () => [...text.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].map(found => Number(found[1]))
  return {
    socket,
    statuses,
    closed,
    send: (...parts) => {
      for (const part of parts) socket.write(part)
    },
    text: () => text,
    answered: (count = 1) =>
      eventually(`${count} answers, not ${JSON.stringify(text.slice(0, 200))}`, () => statuses().length >= count)
  }
}

/** Writes a byte every so often until the other side has closed. */
export async function drip(wire: Wire, everyMs: number): Promise<void> {
  let open = true
  const end = wire.closed.then(() => {
    open = false
  })
  for (; open; await Promise.race([end, sleep(everyMs)])) wire.send('x')
}

/** A request head, and its body if it has one. */
export function request(line: string, headers: readonly string[], body = ''): string {
  return `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers.map(header => `${header}\r\n`).join('')}\r\n${body}`
}
