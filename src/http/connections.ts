import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import { openFilesLimit } from '../lib/open-files.js'
import { throttle } from '../lib/throttle.js'
import { raiseAlarm } from '../observability/alarms.js'

/** An idle connection takes about 12 KiB, which makes 100 MiB in all. MightyCall needs only a few. */
const MAX_CONNECTIONS = 8192

const WARN_EVERY_MS = 60_000

/** From this share of the limit on, each new connection replaces one without a request. */
const CROWDED_SHARE = 0.75

/**
 * Limits open connections. Further connections are closed at once, and an alarm is raised. Before that, connections
 * without a request are closed, so that they cannot crowd out a sender: first those that have never had a successful
 * response, which includes those that have not sent a complete request yet, and of these the oldest ones. Half of the
 * limit on open files stays free, since the event log has to open files for its segments.
 */
export function limitConnections(server: Server, log: FastifyBaseLogger, cap = MAX_CONNECTIONS): void {
  server.maxConnections = Math.min(cap, Math.floor(openFilesLimit() / 2))
  const warn = throttle(WARN_EVERY_MS, () =>
    raiseAlarm(
      log,
      { alarm: 'connections', maxConnections: server.maxConnections },
      'too many open connections: new connections are closed at once'
    )
  )
  server.on('drop', warn)
  const crowded = Math.ceil(server.maxConnections * CROWDED_SHARE)
  let open = 0
  // connections without a request, in the order in which they became idle
  const strangers = new Set<Socket>()
  const senders = new Set<Socket>()

  function closeOne(): void {
    const [oldest] = strangers.size > 0 ? strangers : senders
    if (!oldest) return
    forget(oldest)
    oldest.destroy()
  }

  function forget(socket: Socket): void {
    strangers.delete(socket)
    senders.delete(socket)
  }

  server.on('connection', (socket: Socket) => {
    open++
    if (open >= crowded) closeOne()
    strangers.add(socket)
    socket.once('close', () => {
      open--
      forget(socket)
    })
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const isSender = senders.has(socket)
    forget(socket)
    response.once('close', () => {
      if (socket.destroyed) return
      const idle = isSender || response.statusCode < 400 ? senders : strangers
      idle.add(socket)
    })
  })
}
