import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'

/**
 * Finds free ports on 127.0.0.1. They are below 30000 because the kernel uses ports from 32768 for outgoing
 * connections, which could take the port of a broker while it restarts.
 */
export async function freePorts(count: number): Promise<number[]> {
  const taken: net.Server[] = []
  while (taken.length < count) {
    const server = await tryListen(randomInt(12_000, 30_000))
    if (server) taken.push(server)
  }
  const ports = taken.map(server => (server.address() as net.AddressInfo).port) // a TCP server's address is an object
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
