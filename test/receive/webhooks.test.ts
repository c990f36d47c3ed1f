import { randomBytes } from 'node:crypto'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { NotStoredError } from '../../src/errors.js'
import { openLocalLog } from '../../src/event-log/local/local-log.js'
import type { StoredRecord } from '../../src/event-log/port.js'
import { encodeEvent } from '../../src/events/record.js'
import { createHttp } from '../../src/http/server.js'
import { createTokenLookup } from '../../src/receive/tokens.js'
import webhooks, { type WebhookOptions } from '../../src/receive/webhooks.js'
import { DOCUMENTED_API_KEY, DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { createLineLogger } from '../support/line-logger.js'
import { tempDir } from '../support/temp-dir.js'

const OLD = randomBytes(32).toString('base64url')
const NEW = randomBytes(32).toString('base64url')
const OTHER = randomBytes(32).toString('base64url')
const accounts = [
  { id: 'a', apiKey: DOCUMENTED_API_KEY, region: 'US', tokens: [OLD, NEW] },
  { id: 'b', apiKey: null, region: 'US', tokens: [OTHER] }
] as const
const accountOf = createTokenLookup(() => accounts)

/** Sets up the plugin in front of a real local log. `logged` returns everything that it logged. */
async function receiver(t: Test, options: Partial<WebhookOptions> = {}) {
  const log = await openLocalLog({ dir: tempDir(t) })
  const stored: StoredRecord[] = []
  await log.subscribe({
    group: 'test',
    topics: ['calls', 'unclassified'],
    startAt: async () => 'first',
    handle: async ({ records }) => {
      stored.push(...records)
    }
  })
  const lines: string[] = []
  const results: string[] = []
  const app = createHttp({
    logger: createLineLogger('trace', line => lines.push(line)),
    trustProxy: false
  })
  await app.register(webhooks, {
    accountOf,
    append: events => log.append(events.map(encodeEvent)),
    now: () => new Date(),
    onResult: result => {
      results.push(result)
    },
    ...options
  })
  t.teardown(async () => {
    await app.close()
    await log.close()
  })
  const post = (token: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url: `/webhooks/mightycall/${token}`, payload, headers })
  return { app, post, stored, results, logged: () => lines.join('') }
}

const started = JSON.stringify(DOCUMENTED_NOTIFICATIONS[0])

t.test('a notification is answered once it is in the log, with the account of its token', async t => {
  const { post, stored } = await receiver(t)
  for (const token of [OLD, NEW, OTHER]) t.equal((await post(token, started)).statusCode, 200)
  await eventually('three records', () => stored.length === 3)
  t.strictSame(
    stored.map(record => record.key?.split(':')[0]),
    ['a', 'a', 'b'],
    'both tokens of an account are valid during a rotation'
  )
  t.notOk(stored.some(record => record.value?.includes(DOCUMENTED_API_KEY)))
})

t.test('an invalid token is answered with 404 and no body, and many of them with 429', async t => {
  const { post, results } = await receiver(t)
  const wrong = [
    'x',
    'x'.repeat(43),
    OLD.slice(0, -1),
    `${OLD}x`,
    'x'.repeat(256),
    'x'.repeat(512),
    'x'.repeat(1000),
    '%zz',
    '%00',
    '..%2f',
    'é'.repeat(50)
  ]
  for (const token of wrong) {
    const { statusCode, body } = await post(token, started)
    t.equal(statusCode, 404, token.slice(0, 20))
    t.equal(body, '')
  }
  for (let i = 0; i < 40; i++) await post('x'.repeat(43), started)
  t.match(await post('x'.repeat(43), started), { statusCode: 429, body: '', headers: { 'retry-after': /^\d+$/ } })
  t.equal((await post(OLD, started)).statusCode, 200, 'MightyCall is never limited')
  t.ok(results.includes('unknown-token'))
})

t.test('any body of an authenticated request is stored and answered with 200', async t => {
  const { post, stored, results } = await receiver(t)
  const bodies = [
    'null',
    '[]',
    '{}',
    '"text"',
    'a=b',
    '\u0000',
    '{"EventType":"IncomingCall"}',
    JSON.stringify({ ...DOCUMENTED_NOTIFICATIONS[0], ApiKey: 'other' }),
    Buffer.from([0xff, 0xfe]),
    'x'.repeat(256 * 1024)
  ]
  for (const body of bodies) t.equal((await post(OLD, body)).statusCode, 200)
  await eventually('all are stored', () => stored.length === bodies.length)
  t.strictSame(new Set(stored.map(record => record.topic)), new Set(['unclassified']))
  t.strictSame(
    results,
    bodies.map(() => 'unclassified')
  )
})

t.test('any Content-Type is accepted, even a missing or malformed one', async t => {
  const { post, results } = await receiver(t)
  for (const type of [
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded',
    'nonsense',
    'application/json; charset=utf-16',
    ';',
    ''
  ]) {
    t.equal((await post(OLD, started, { 'content-type': type })).statusCode, 200, type)
  }
  t.equal(results.filter(result => result === 'stored').length, 7)
})

t.test('an empty body is answered with 200 and not stored', async t => {
  const { app, post, results } = await receiver(t)
  t.equal((await post(OLD, '')).statusCode, 200)
  t.equal(
    (await app.inject({ method: 'GET', url: `/webhooks/mightycall/${OLD}` })).statusCode,
    200,
    'so that people and validators can open the address'
  )
  t.strictSame(results, ['empty'])
})

t.test('a trailing slash of the address is ignored', async t => {
  const { post, results } = await receiver(t)
  t.equal((await post(`${OLD}/`, started)).statusCode, 200)
  t.strictSame(results, ['stored'])
})

t.test('an Echo header is returned', async t => {
  const { post } = await receiver(t)
  t.equal((await post(OLD, started, { echo: 'abc-123' })).headers.echo, 'abc-123')
  t.equal((await post(OLD, started)).headers.echo, undefined)
  t.equal((await post('x', started, { echo: 'abc-123' })).headers.echo, undefined, 'only for valid tokens')
})

t.test('a body of more than 256 KiB is answered with 413', async t => {
  const { post, stored, results } = await receiver(t)
  t.equal((await post(OLD, 'x'.repeat(256 * 1024 + 1))).statusCode, 413)
  t.strictSame(results, ['too-large'])
  t.equal(stored.length, 0)
})

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()
const NAMED = JSON.stringify({ ...DOCUMENTED_NOTIFICATIONS[0], Note: 'é', ApiKey: undefined })
const WITH_COMMAS = started.replace('}', ' ,}').replace(/}$/, ',\r\n}')

const encodedBodies: { name: string; body: Buffer; headers?: Record<string, string>; like?: string }[] = [
  { name: 'gzip', body: gzipSync(started), headers: { 'content-encoding': 'gzip' } },
  { name: 'x-gzip', body: gzipSync(started), headers: { 'content-encoding': ' X-GZIP ' } },
  { name: 'deflate', body: deflateSync(started), headers: { 'content-encoding': 'deflate' } },
  { name: 'deflate without header', body: deflateRawSync(started), headers: { 'content-encoding': 'deflate' } },
  { name: 'br', body: brotliCompressSync(started), headers: { 'content-encoding': 'br' } },
  { name: 'identity', body: Buffer.from(started), headers: { 'content-encoding': 'identity' } },
  { name: 'plain JSON that claims to be gzip', body: Buffer.from(started), headers: { 'content-encoding': 'gzip' } },
  { name: 'UTF-8 with a byte order mark', body: Buffer.from(`\ufeff${started}`) },
  { name: 'UTF-16 LE with a byte order mark', body: Buffer.from(`\ufeff${started}`, 'utf16le') },
  { name: 'UTF-16 BE with a byte order mark', body: utf16be(`\ufeff${started}`) },
  { name: 'UTF-16 LE without a mark', body: Buffer.from(started, 'utf16le') },
  { name: 'UTF-16 BE without a mark', body: utf16be(started) },
  {
    name: 'UTF-16 in gzip',
    body: gzipSync(Buffer.from(`\ufeff${started}`, 'utf16le')),
    headers: { 'content-encoding': 'gzip', 'content-type': 'application/json; charset=utf-16' }
  },
  { name: 'commas before closing braces', body: Buffer.from(WITH_COMMAS) },
  {
    name: 'ISO-8859-1',
    body: Buffer.from(NAMED, 'latin1'),
    headers: { 'content-type': 'text/plain; Charset="iso-8859-1"' },
    like: NAMED
  },
  {
    name: 'UTF-8 that claims to be ISO-8859-1',
    body: Buffer.from(NAMED),
    headers: { 'content-type': 'application/json;charset=iso-8859-1' },
    like: NAMED
  }
]

t.test('a notification is the same event however it is encoded', async t => {
  const { post, stored, results } = await receiver(t)
  for (const { name, body, headers, like = started } of encodedBodies) {
    await post(OLD, like)
    t.equal((await post(OLD, body, headers)).statusCode, 200, name)
    await eventually(name, () => stored.length === results.length)
    const [plain, encoded] = stored.slice(-2).map(record => JSON.parse(String(record.value)))
    t.strictSame({ ...encoded, receivedAt: null }, { ...plain, receivedAt: null }, name)
    t.equal(plain.type, 'call.started')
  }
})

t.test('a body that cannot be decoded is stored as received', async t => {
  const { post, stored } = await receiver(t)
  const bodies: [Buffer, Record<string, string>][] = [
    [gzipSync(started).subarray(0, -20), { 'content-encoding': 'gzip' }],
    [Buffer.from(NAMED, 'latin1'), {}],
    [Buffer.from(NAMED, 'latin1'), { 'content-type': 'application/json; charset=klingon' }],
    [Buffer.from([0xff, 0xfe, 0x00]), {}]
  ]
  for (const [body, headers] of bodies) t.equal((await post(OLD, body, headers)).statusCode, 200)
  await eventually('all are stored', () => stored.length === bodies.length)
  for (const [i, [body]] of bodies.entries())
    t.match(JSON.parse(String(stored[i]?.value)), {
      type: 'unclassified',
      reason: 'not-json',
      rawEncoding: 'base64',
      raw: body.toString('base64')
    })
})

t.test('the bytes of a decoded body are kept decoded, and without the ApiKey', async t => {
  const { post, stored } = await receiver(t)
  const text = started.replace(/}$/, ',"N":9007199254740993}')
  await post(OLD, gzipSync(Buffer.from(`\ufeff${text}`, 'utf16le')), { 'content-encoding': 'gzip' })
  await post(OTHER, Buffer.from(`\ufeffApiKey=${DOCUMENTED_API_KEY}`, 'utf16le'))
  await eventually('both are stored', () => stored.length === 2)
  const [large, broken] = stored.map(record => Buffer.from(JSON.parse(String(record.value)).raw, 'base64').toString())
  t.equal(large, `\ufeff${text.replace(DOCUMENTED_API_KEY, '*'.repeat(DOCUMENTED_API_KEY.length))}`)
  t.equal(broken, `\ufeffApiKey=${'*'.repeat(DOCUMENTED_API_KEY.length)}`)
})

t.test('a body that is larger than 256 KiB when decoded is refused before it is decoded wholly', async t => {
  const { post, stored, results } = await receiver(t)
  const bomb = Buffer.alloc(64 * 1024 * 1024)
  for (const [encoding, body] of [
    ['gzip', gzipSync(bomb)],
    ['deflate', deflateSync(bomb)],
    ['br', brotliCompressSync(bomb.subarray(0, 1024 * 1024))]
  ] as const) {
    const before = process.memoryUsage().arrayBuffers
    const answer = await post(OLD, body, { 'content-encoding': encoding })
    t.match(answer, { statusCode: 413 }, encoding)
    t.equal(answer.json().code, 'FST_ERR_CTP_BODY_TOO_LARGE')
    t.ok(process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024)
  }
  t.equal((await post(OLD, gzipSync('x'.repeat(256 * 1024)), { 'content-encoding': 'gzip' })).statusCode, 200)
  t.strictSame(results, ['too-large', 'too-large', 'too-large', 'unclassified'])
  await eventually('only the last is stored', () => stored.length === 1)
})

t.test('an unknown or repeated Content-Encoding is refused with 415, and alarmed', async t => {
  const { post, stored, results, logged } = await receiver(t)
  for (const encoding of ['zstd', 'compress', 'gzip, br', 'gzip, gzip', '__proto__', '*']) {
    const answer = await post(OLD, gzipSync(started), { 'content-encoding': encoding })
    t.equal(answer.statusCode, 415, encoding)
    t.equal(answer.json().code, 'MCS_UNSUPPORTED_ENCODING')
    t.equal(answer.headers['accept-encoding'], 'gzip, deflate, br')
  }
  t.strictSame(results, Array(6).fill('unsupported-encoding'))
  t.equal(stored.length, 0)
  t.equal(logged().match(/"alarm":"unsupported-encoding"/g)?.length, 1, 'one line a minute')
  t.equal(
    (await post('x'.repeat(43), started, { 'content-encoding': 'zstd' })).statusCode,
    404,
    'the token comes first'
  )
})

t.test('when the append fails, the response is 503 with Retry-After', async t => {
  const { post, results, logged } = await receiver(t, {
    append: async () => {
      throw new NotStoredError()
    }
  })
  const answer = await post(OLD, started)
  t.equal(answer.statusCode, 503)
  t.match(answer.headers, { 'retry-after': /^\d+$/ })
  t.match(answer.json(), {
    statusCode: 503,
    code: 'MCS_NOT_STORED',
    error: 'Service Unavailable',
    message: 'the event could not be stored: send it again'
  })
  t.strictSame(results, ['not-stored'])
  t.notOk(logged().includes(OLD))
})

t.test('repeated refusals are counted instead of logged one by one', async t => {
  const { post, logged } = await receiver(t, {
    append: async () => {
      throw new NotStoredError()
    }
  })
  for (let i = 0; i < 20; i++) t.equal((await post(OLD, started)).statusCode, 503)
  t.equal(logged().match(/"msg":"requests are refused"/g)?.length, 1)
  t.equal(logged().match(/"level":(?:40|50|60)/g)?.length, 1)
})

t.test('log lines contain no token, key, number or URL', async t => {
  const { post, logged } = await receiver(t)
  await post(OLD, started)
  await post(OLD, '{"ApiKey":"x')
  await post('x'.repeat(60), started)
  await post('%zz', started)
  t.ok(logged().includes('/webhooks/mightycall/:token'), 'the route is logged')
  for (const secret of [OLD, 'xxxxxxxx', DOCUMENTED_API_KEY, '1555', '%zz']) t.notOk(logged().includes(secret))
})
