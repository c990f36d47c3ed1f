import net from 'node:net'

interface Teardown {
  teardown: (fn: () => void) => void
}

/** Stands between clients and a server, and passes everything on until it is told otherwise. */
export interface TcpProxy {
  /** Of 127.0.0.1, where it listens. */
  port: number
  /** Connections stay open, new ones are taken, and nothing passes, as with a frozen server. */
  stall: () => void
  flow: () => void
  /** All connections are reset, and every new one at once, as with a network that is gone. */
  cut: () => void
  mend: () => void
}

/** A TCP port or a unix socket. */
export type ProxyTarget = { host: string; port: number } | { path: string }

/** Moves what one side says to the other. */
export type Join = (client: net.Socket, upstream: net.Socket) => void

interface State {
  stalled: boolean
  isCut: boolean
  sockets: Set<net.Socket>
}

/** Closed when the test ends. */
export async function startTcpProxy(t: Teardown, target: ProxyTarget, join: Join = pass): Promise<TcpProxy> {
  const state: State = { stalled: false, isCut: false, sockets: new Set() }
  const server = net.createServer(client => {
    if (state.isCut) return client.on('error', () => {}).resetAndDestroy()
    const upstream = net.connect(target)
    keep(client, upstream, state)
    keep(upstream, client, state)
    join(client, upstream)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of state.sockets) socket.destroy()
  })
  return {
    port: (server.address() as net.AddressInfo).port, // a TCP server has no other kind
    stall: () => setStalled(state, true),
    flow: () => setStalled(state, false),
    cut: () => {
      state.isCut = true
      for (const socket of state.sockets) reset(socket)
    },
    mend: () => {
      state.isCut = false
    }
  }
}

function pass(client: net.Socket, upstream: net.Socket): void {
  client.on('data', chunk => upstream.write(chunk))
  upstream.on('data', chunk => client.write(chunk))
}

function keep(socket: net.Socket, peer: net.Socket, { sockets, stalled }: State): void {
  sockets.add(socket)
  if (stalled) socket.pause()
  socket
    .on('error', () => {})
    .on('close', () => {
      sockets.delete(socket)
      peer.destroy()
    })
}

/** A unix socket knows no reset. */
function reset(socket: net.Socket): void {
  if (socket.remoteFamily) socket.resetAndDestroy()
  else socket.destroy()
}

function setStalled(state: State, stalled: boolean): void {
  state.stalled = stalled
  for (const socket of state.sockets) stalled ? socket.pause() : socket.resume()
}
