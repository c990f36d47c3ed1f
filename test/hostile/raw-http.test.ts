import t from 'tap'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { openRawConnection, rawRequest } from '../support/raw-connection.js'
import { startReceiver } from '../support/receiver.js'

const BODY = JSON.stringify(DOCUMENTED_NOTIFICATIONS[1])
const LENGTH = `Content-Length: ${BODY.length}`
const CHUNKS = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`
const MIB = 1024 * 1024

interface Case {
  name: string
  /** Returns the bytes to write for the path of the webhook. */
  bytes: (path: string) => string
  statuses: number[]
  stored?: number
}

const cases: Case[] = [
  {
    name: 'a body in chunks',
    bytes: path => rawRequest(`POST ${path}`, ['Transfer-Encoding: chunked'], CHUNKS),
    statuses: [200],
    stored: 1
  },
  {
    name: 'no chunks',
    bytes: path => rawRequest(`POST ${path}`, ['Transfer-Encoding: chunked'], '0\r\n\r\n'),
    statuses: [200]
  },
  { name: 'no body and no length', bytes: path => rawRequest(`POST ${path}`, []), statuses: [200] },
  {
    name: 'a chunk without a size',
    bytes: path => rawRequest(`POST ${path}`, ['Transfer-Encoding: chunked'], 'zz\r\nhello\r\n'),
    statuses: [400]
  },
  {
    name: 'the same Content-Length twice',
    bytes: path => rawRequest(`POST ${path}`, [LENGTH, LENGTH], BODY),
    statuses: [400]
  },
  {
    name: 'two different Content-Lengths',
    bytes: path => rawRequest(`POST ${path}`, [LENGTH, 'Content-Length: 5'], BODY),
    statuses: [400]
  },
  {
    name: 'an invalid Content-Length',
    bytes: path => rawRequest(`POST ${path}`, ['Content-Length: -1'], BODY),
    statuses: [400]
  },
  {
    name: 'Transfer-Encoding with Content-Length (request smuggling)',
    bytes: path => rawRequest(`POST ${path}`, [LENGTH, 'Transfer-Encoding: chunked'], `0\r\n\r\n${BODY}`),
    statuses: [400]
  },
  {
    name: 'a Transfer-Encoding that does not end in chunked',
    bytes: path => rawRequest(`POST ${path}`, ['Transfer-Encoding: chunked, identity'], CHUNKS),
    statuses: [400]
  },
  {
    name: 'bare line feeds',
    bytes: path => `POST ${path} HTTP/1.1\nHost: a\n${LENGTH}\n\n${BODY}`,
    statuses: [400]
  },
  {
    name: 'Expect: 100-continue',
    bytes: path => rawRequest(`POST ${path}`, [LENGTH, 'Expect: 100-continue'], BODY),
    statuses: [200],
    stored: 1
  },
  {
    name: 'another expectation',
    bytes: path => rawRequest(`POST ${path}`, [LENGTH, 'Expect: tea'], BODY),
    statuses: [417]
  },
  {
    name: 'a header of 20,000 characters',
    bytes: path => rawRequest(`POST ${path}`, [LENGTH, `X-Long: ${'x'.repeat(20_000)}`], BODY),
    statuses: [431]
  },
  {
    name: 'a header of 12,000 characters',
    bytes: path => rawRequest(`POST ${path}`, [LENGTH, `X-Long: ${'x'.repeat(12_000)}`], BODY),
    statuses: [200],
    stored: 1
  },
  {
    name: '2,500 headers',
    bytes: path => rawRequest(`POST ${path}`, [...Array.from({ length: 2500 }, (_, i) => `a${i}:`), LENGTH], BODY),
    statuses: [200],
    stored: 1
  },
  { name: 'HTTP/1.0', bytes: path => `POST ${path} HTTP/1.0\r\n${LENGTH}\r\n\r\n${BODY}`, statuses: [200], stored: 1 },
  {
    name: 'HTTP/1.1 without Host',
    bytes: path => `POST ${path} HTTP/1.1\r\n${LENGTH}\r\n\r\n${BODY}`,
    statuses: [400]
  },
  { name: 'unsolicited HTTP/2', bytes: () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', statuses: [400] },
  { name: 'TLS on a plain port', bytes: () => '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001', statuses: [400] },
  {
    name: 'an absolute URL',
    bytes: path => rawRequest(`POST http://127.0.0.1${path}`, [LENGTH], BODY),
    statuses: [200],
    stored: 1
  },
  {
    name: 'an absolute URL that cannot be decoded',
    bytes: () => rawRequest('POST http://127.0.0.1/webhooks/mightycall/%zz', [LENGTH], BODY),
    statuses: [404]
  },
  {
    name: 'a query after the token',
    bytes: path => rawRequest(`POST ${path}?a=%zz&token=x`, [LENGTH], BODY),
    statuses: [200],
    stored: 1
  },
  { name: 'TRACE', bytes: path => rawRequest(`TRACE ${path}`, []), statuses: [405] },
  { name: 'OPTIONS', bytes: path => rawRequest(`OPTIONS ${path}`, []), statuses: [405] },
  { name: 'PUT', bytes: path => rawRequest(`PUT ${path}`, [LENGTH], BODY), statuses: [405] },
  { name: 'DELETE', bytes: path => rawRequest(`DELETE ${path}`, []), statuses: [405] },
  { name: 'an unknown method', bytes: path => rawRequest(`BREW ${path}`, []), statuses: [400] },
  { name: 'HEAD', bytes: path => rawRequest(`HEAD ${path}`, []), statuses: [200] },
  { name: 'a GET with a body', bytes: path => rawRequest(`GET ${path}`, [LENGTH], BODY), statuses: [200] },
  {
    name: 'an upgrade',
    bytes: path => rawRequest(`POST ${path}`, [LENGTH, 'Connection: Upgrade', 'Upgrade: websocket'], BODY),
    statuses: [200],
    stored: 1
  },
  {
    name: 'a malformed Content-Type',
    bytes: path => rawRequest(`POST ${path}`, [LENGTH, 'Content-Type: /;=;charset'], BODY),
    statuses: [200],
    stored: 1
  },
  {
    name: 'an empty Content-Type',
    bytes: path => rawRequest(`POST ${path}`, [LENGTH, 'Content-Type:'], BODY),
    statuses: [200],
    stored: 1
  },
  {
    name: 'two Content-Types and an encoding',
    bytes: path =>
      rawRequest(`POST ${path}`, [LENGTH, 'Content-Type: a/b', 'Content-Type: c/d', 'Content-Encoding: gzip'], BODY),
    statuses: [200],
    stored: 1
  },
  {
    name: 'three pipelined requests',
    bytes: path => rawRequest(`POST ${path}`, [LENGTH], BODY).repeat(3),
    statuses: [200, 200, 200],
    stored: 3
  },
  {
    name: 'a wrong token between valid ones',
    bytes: path => [path, `${path}x`, path].map(path => rawRequest(`POST ${path}`, [LENGTH], BODY)).join(''),
    statuses: [200, 404, 200],
    stored: 2
  },
  {
    name: '300 KiB with a Content-Length',
    bytes: path => rawRequest(`POST ${path}`, [`Content-Length: ${300 * 1024}`], 'x'.repeat(300 * 1024)),
    statuses: [413]
  },
  {
    name: '1 MiB of control characters',
    bytes: path => rawRequest(`POST ${path}`, [`Content-Length: ${MIB}`], '\u0001'.repeat(MIB)),
    statuses: [413]
  },
  {
    name: '200 KiB of control characters',
    bytes: path => rawRequest(`POST ${path}`, [`Content-Length: ${200 * 1024}`], '\u0001'.repeat(200 * 1024)),
    statuses: [200],
    stored: 1
  },
  {
    name: '300 KiB in chunks',
    bytes: path =>
      rawRequest(`POST ${path}`, ['Transfer-Encoding: chunked'], `1000\r\n${'x'.repeat(4096)}\r\n`.repeat(75)),
    statuses: [413]
  },
  {
    name: 'a token of 1,000 characters',
    bytes: () => rawRequest(`POST /webhooks/mightycall/${'x'.repeat(1000)}`, [LENGTH], BODY),
    statuses: [404]
  },
  {
    name: 'a path that cannot be decoded',
    bytes: () => rawRequest('POST /webhooks/mightycall/%zz', [LENGTH], BODY),
    statuses: [404]
  },
  {
    name: 'a body for an unknown path',
    bytes: () => rawRequest('POST /webhooks/other', ['Content-Type: nonsense', LENGTH], BODY),
    statuses: [404]
  }
]

for (const { name, bytes, statuses, stored = 0 } of cases) {
  t.test(`raw request: ${name} → ${statuses.join(', ')}`, async t => {
    const receiver = await startReceiver(t)
    const connection = await openRawConnection(t, receiver.port)
    connection.send(Buffer.from(bytes(receiver.path), 'latin1'))
    await connection.untilAnswered(statuses.length)
    t.strictSame(connection.statuses(), statuses)
    t.equal(receiver.stored.length, stored)
    t.notOk(/mightycall/i.test(connection.text()), 'the path is not echoed')
    t.equal((await receiver.post(BODY)).status, 200, 'the next sender is served')
  })
}

t.test('CONNECT is closed without a response', async t => {
  const { port, path, stored } = await startReceiver(t)
  const connection = await openRawConnection(t, port)
  connection.send(rawRequest(`CONNECT ${path}`, []))
  await connection.untilClosed
  t.equal(connection.text(), '')
  t.equal(stored.length, 0)
})

t.test('Expect: 100-continue is answered before the body is sent', async t => {
  const { port, path } = await startReceiver(t)
  const connection = await openRawConnection(t, port)
  connection.send(rawRequest(`POST ${path}`, [LENGTH, 'Expect: 100-continue']))
  await eventually('100 Continue arrives', () => connection.text().startsWith('HTTP/1.1 100 Continue'))
  connection.send(BODY)
  await connection.untilAnswered()
  t.strictSame(connection.statuses(), [200])
})

const echoes = [
  { name: 'two headers', headers: ['Echo: a', 'Echo: b'], answer: 'a, b' },
  { name: 'bytes beyond ASCII', headers: ['Echo: \u00fc\u00ff\u0080 x'], answer: '\u00fc\u00ff\u0080 x' },
  {
    name: 'punctuation',
    headers: ['Echo: <a href="x">&%0d%0aSet-Cookie: a=b;'],
    answer: '<a href="x">&%0d%0aSet-Cookie: a=b;'
  },
  { name: 'nothing', headers: ['Echo:'], answer: '' },
  { name: '10,000 characters', headers: [`Echo: ${'e'.repeat(10_000)}`], answer: 'e'.repeat(10_000) }
]
for (const { name, headers, answer } of echoes) {
  t.test(`the Echo header is returned unchanged: ${name}`, async t => {
    const { port, path } = await startReceiver(t)
    const connection = await openRawConnection(t, port)
    connection.send(Buffer.from(rawRequest(`POST ${path}`, [LENGTH, ...headers], BODY), 'latin1'))
    await connection.untilAnswered()
    await eventually('the response head is complete', () => connection.text().includes('\r\n\r\n'))
    t.equal(/^echo: ?(.*?)\r$/im.exec(connection.text())?.[1], answer)
  })
}

t.test('an Echo header with a control character is rejected', async t => {
  const { port, path } = await startReceiver(t)
  const connection = await openRawConnection(t, port)
  connection.send(rawRequest(`POST ${path}`, [LENGTH, 'Echo: a\u0001b'], BODY))
  await connection.untilAnswered()
  t.strictSame(connection.statuses(), [400])
})
