import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'

/**
 * Ports of 127.0.0.1 that nobody listens on. They lie below 30000, since the kernel gives the ones from 32768 on
 * to outgoing connections: a broker that is down for a moment would find its own taken.
 */
export async function freePorts(count: number): Promise<number[]> {
  const taken: net.Server[] = []
  while (taken.length < count) {
    const server = await tryListen(randomInt(12_000, 30_000))
    if (server) taken.push(server)
  }
  const ports = taken.map(server => (server.address() as net.AddressInfo).port) // a TCP server has no other kind
  await Promise.all(taken.map(server => once(server.close(), 'close')))
  return ports
}

function tryListen(port: number): Promise<net.Server | null> {
  return new Promise(resolve => {
    const server = net.createServer()
    server.once('error', () => resolve(null))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
