import { isIP } from 'node:net'

/**
 * Whose `X-Forwarded-For` is believed: of nobody (false), of so many proxies in front of the service, or of those whose
 * addresses are in these networks.
 */
export type TrustProxy = false | number | string[]

const MAX_HOPS = 10
const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal']

/**
 * Parses TRUST_PROXY. Returns a text that says what is wrong with it, never the value.
 *
 * `true`, which believes any client that sets the header, is not a value: with it a client passes every limit by
 * address.
 */
export function parseTrustProxy(text: string): { value: TrustProxy } | { problem: string } {
  const given = text.trim().toLowerCase()
  if (given === 'off' || given === 'false') return { value: false }
  if (given === 'true')
    return {
      problem:
        'TRUST_PROXY=true would believe any client that sends X-Forwarded-For: set the number of proxies in front of ' +
        'the service (TRUST_PROXY=1), or their networks (TRUST_PROXY=10.0.0.0/8)'
    }
  if (/^\d+$/.test(given)) {
    const hops = Number(given)
    return hops >= 1 && hops <= MAX_HOPS
      ? { value: hops }
      : { problem: `TRUST_PROXY is not valid: the number of proxies is 1 to ${MAX_HOPS}` }
  }
  const networks = given.split(',').map(network => network.trim())
  return networks.every(isNetwork)
    ? { value: networks }
    : { problem: 'TRUST_PROXY is not valid: off, a number of proxies, or networks like 10.0.0.0/8,192.168.1.7' }
}

function isNetwork(text: string): boolean {
  if (NAMED_NETWORKS.includes(text)) return true
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return (
    prefix === undefined ||
    (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (version === 4 ? 32 : 128))
  )
}
