import net from 'node:net'
import type { Teardown } from './teardown.js'

/** A proxy between clients and a server. It forwards everything unless it is stalled or cut. */
export interface TcpProxy {
  /** The port of 127.0.0.1 on which the proxy listens. */
  port: number
  /** Stops forwarding. Connections stay open and new ones are accepted, as with a frozen server. */
  stall: () => void
  resume: () => void
  /** Resets all connections, and every new one at once, as with a broken network. */
  cut: () => void
  restore: () => void
}

/** A TCP port or a unix socket. */
export type ProxyTarget = { host: string; port: number } | { path: string }

/** Forwards data between both sides. */
export type Forward = (client: net.Socket, upstream: net.Socket) => void

interface State {
  stalled: boolean
  isCut: boolean
  sockets: Set<net.Socket>
}

/** Starts a proxy that is closed when the test ends. */
export async function startTcpProxy(
  t: Teardown,
  target: ProxyTarget,
  forward: Forward = forwardAll
): Promise<TcpProxy> {
  const state: State = { stalled: false, isCut: false, sockets: new Set() }
  const server = net.createServer(client => {
    if (state.isCut) return client.on('error', () => {}).resetAndDestroy()
    const upstream = net.connect(target)
    track(client, upstream, state)
    track(upstream, client, state)
    forward(client, upstream)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of state.sockets) socket.destroy()
  })
  return {
    port: (server.address() as net.AddressInfo).port, // a TCP server's address is an object
    stall: () => setStalled(state, true),
    resume: () => setStalled(state, false),
    cut: () => {
      state.isCut = true
      for (const socket of state.sockets) reset(socket)
    },
    restore: () => {
      state.isCut = false
    }
  }
}

function forwardAll(client: net.Socket, upstream: net.Socket): void {
  client.on('data', chunk => upstream.write(chunk))
  upstream.on('data', chunk => client.write(chunk))
}

function track(socket: net.Socket, peer: net.Socket, { sockets, stalled }: State): void {
  sockets.add(socket)
  if (stalled) socket.pause()
  socket
    .on('error', () => {})
    .on('close', () => {
      sockets.delete(socket)
      peer.destroy()
    })
}

/** Unix sockets cannot be reset, only destroyed. */
function reset(socket: net.Socket): void {
  if (socket.remoteFamily) socket.resetAndDestroy()
  else socket.destroy()
}

function setStalled(state: State, stalled: boolean): void {
  state.stalled = stalled
  for (const socket of state.sockets) stalled ? socket.pause() : socket.resume()
}
