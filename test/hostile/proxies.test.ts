import t from 'tap'
import type { TrustProxy } from '../../src/config/trust-proxy.js'
import { clientAddressOf } from '../../src/http/client-address.js'
import { startReceiver } from '../support/receiver.js'

const WRONG = `/webhooks/mightycall/${'x'.repeat(43)}`

/** Sends 40 wrong tokens with these headers; returns the statuses that occurred. */
async function statusesOf(trustProxy: TrustProxy, forwardedFor: (i: number) => string) {
  const { app } = await startReceiver(t, { trustProxy })
  const statuses = new Set<number>()
  for (let i = 0; i < 40; i++) {
    const headers = { 'x-forwarded-for': forwardedFor(i) }
    statuses.add((await app.inject({ method: 'POST', url: WRONG, headers, remoteAddress: '10.0.0.5' })).statusCode)
  }
  return [...statuses]
}

// What a client sends itself comes first; the proxy appends the address that it sees.
const cases: [name: string, trustProxy: TrustProxy, forwardedFor: (i: number) => string, expected: number[]][] = [
  ['without a proxy the header is ignored', false, i => `203.0.113.${i}`, [404, 429]],
  ['one proxy: addresses that the client has made up are ignored', 1, i => `10.1.${i}.7, 203.0.113.10`, [404, 429]],
  ['one proxy: a port is no part of the address', 1, i => `10.1.${i}.7, 203.0.113.12:${1000 + i}`, [404, 429]],
  ['one proxy: nor of an IPv6 address', 1, i => `10.1.${i}.7, [2001:db8::7]:${1000 + i}`, [404, 429]],
  ['one proxy: what is no address counts as the proxy', 1, i => `unknown-${i}`, [404, 429]],
  ['one proxy: every client has its own limit', 1, i => `203.0.113.${i}`, [404]],
  ['networks: made-up addresses are ignored', ['10.0.0.0/8'], i => `192.0.2.${i}, 203.0.113.10`, [404, 429]],
  ['networks: the header of a stranger is ignored', ['192.0.2.0/24'], i => `203.0.113.${i}`, [404, 429]],
  ['networks: proxies behind each other', ['10.0.0.0/8'], i => `203.0.113.${i}, 10.0.0.9`, [404]]
]
for (const [name, trustProxy, forwardedFor, expected] of cases) {
  t.test(name, async t => {
    t.strictSame(await statusesOf(trustProxy, forwardedFor), expected)
  })
}

t.test('an address without its port', t => {
  const addressOf = (ip: string) => clientAddressOf({ ip, socket: { remoteAddress: '10.0.0.5' } as never })
  for (const [given, address] of [
    ['203.0.113.1', '203.0.113.1'],
    ['203.0.113.1:443', '203.0.113.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['999.0.113.1:443', '10.0.0.5'],
    ['', '10.0.0.5']
  ] as const)
    t.equal(addressOf(given), address, given)
  t.end()
})
