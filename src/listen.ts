import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from './config/config.js'
import { BACKLOG } from './connections.js'
import { ListenError, PortInUseError } from './errors.js'

/**
 * Lets requests in.
 * @returns the URL, with the port that was taken
 * @throws PortInUseError, ListenError
 */
export async function listen (app: FastifyInstance, { host, port }: Pick<Config, 'host' | 'port'>): Promise<string> {
  try {
    await app.listen({ host, port, backlog: BACKLOG })
  } catch (err) {
    const { code, syscall } = err as NodeJS.ErrnoException // node:net
    if (code === 'EADDRINUSE') throw new PortInUseError(`${host}:${port}`)
    throw syscall ? new ListenError(`${host}:${port}`, String(code)) : err
  }
  const { address, port: actual, family } = app.server.address() as AddressInfo // it listens on a port, not on a pipe
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`
}
