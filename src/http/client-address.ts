import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/**
 * The address that limits are counted by: that of the client, as far as TRUST_PROXY believes the proxies in front.
 * Without the port that some proxies add, since every connection has another one; the address of the connection when
 * the header contains no address.
 */
export function clientAddressOf(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  const { ip, socket } = request
  if (isIP(ip) !== 0) return ip
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(ip) ?? []
  const address = bracketed ?? plain ?? ''
  return isIP(address) === 0 ? (socket.remoteAddress ?? '') : address
}
