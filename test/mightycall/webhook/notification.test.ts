import t from 'tap'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import {
  CLIENT_NUMBER,
  DOCUMENTED_API_KEY,
  DOCUMENTED_NOTIFICATIONS,
  INBOUND
} from '../../support/documented-notifications.js'

const NOW = new Date('2026-11-23T08:00:00.000Z')
const account = { id: 'default', apiKey: DOCUMENTED_API_KEY, region: 'US' } as const
const parse = (body: unknown) =>
  parseNotification(
    account,
    Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    NOW
  )
const [started, ringing] = DOCUMENTED_NOTIFICATIONS

t.test('every documented notification becomes a separate call event', async t => {
  const events = DOCUMENTED_NOTIFICATIONS.map(parse)
  t.equal(new Set(events.map(event => event?.id)).size, 13, 'shared and nil Guids do not merge events')
  t.notOk(events.some(event => event?.type === 'unclassified'))
  t.match(events[1], {
    type: 'call.ringing',
    family: 'incoming',
    callId: INBOUND,
    extension: '103',
    from: CLIENT_NUMBER,
    occurredAt: '2017-05-25T08:58:15.514Z',
    receivedAt: NOW.toISOString(),
    source: 'webhook'
  })
})

t.test('the event never contains the ApiKey, whatever its casing and depth', async t => {
  const nested = {
    ...started,
    apikey: DOCUMENTED_API_KEY,
    Body: { ...started?.Body, APIKEY: DOCUMENTED_API_KEY, list: [{ apiKey: DOCUMENTED_API_KEY }] }
  }
  const broken = `{"Body":{"Id":"1"},"ApiKey" : "${DOCUMENTED_API_KEY.toUpperCase()}", "EventType"`
  for (const body of [started, nested, broken, `ApiKey=${DOCUMENTED_API_KEY}&x=1`, [{ ApiKey: DOCUMENTED_API_KEY }]]) {
    const event = parse(body)
    const text =
      JSON.stringify(event) + (typeof event?.raw === 'string' ? Buffer.from(event.raw, 'base64').toString() : '')
    t.notOk(text.toLowerCase().includes(DOCUMENTED_API_KEY))
  }
})

t.test('the id depends on the content of a notification and not on its formatting', async t => {
  const reordered = Object.fromEntries(
    Object.entries({ ...started, Guid: 'ffffffff-0000-0000-0000-000000000001' }).reverse()
  )
  t.equal(
    parse(JSON.stringify(reordered, null, 2))?.id,
    parse(started)?.id,
    'key order, white space and Guid are ignored'
  )
  t.not(parse({ ...ringing, Body: { ...ringing?.Body, Extension: '104' } })?.id, parse(ringing)?.id)
  t.not(
    parseNotification({ ...account, id: 'other' }, Buffer.from(JSON.stringify(started)), NOW)?.id,
    parse(started)?.id,
    'accounts do not share ids'
  )
})

t.test('an event without an identity gets a random id: a duplicate is harmless, a merge loses data', async t => {
  const anonymous = [
    { ...started, Timestamp: undefined },
    { ...started, Timestamp: 'soon' },
    { ...started, Timestamp: '0001-01-01T00:00:00Z' },
    JSON.stringify(started).replace('"Guid"', '"N":9007199254740993.0,"Guid"'),
    'null',
    '[]',
    'no json'
  ]
  for (const body of anonymous) t.not(parse(body)?.id, parse(body)?.id)
  const ahead = { ...started, Timestamp: '9999-01-01T00:00:00Z' }
  t.equal(parse(ahead)?.id, parse(ahead)?.id, 'a wrong time still identifies the event')
})

t.test('both shapes are read, in any casing, with numbers for extensions', async t => {
  const flat = {
    eventType: 'incomingcallringing',
    CallId: 'mc-1',
    from: '(555) 937-1200',
    to: BigInt(15550347567).toString(),
    extension: 103,
    timestamp: '2017-05-25T10:58:15+02:00'
  }
  t.match(parse(flat), {
    type: 'call.ringing',
    callId: 'mc-1',
    from: CLIENT_NUMBER,
    to: '+15550347567',
    extension: '103',
    occurredAt: '2017-05-25T08:58:15.000Z'
  })
  t.match(
    parse({ body: { id: 7, from: 'Site widget' }, eventtype: 'IncomingCall', timestamp: '2017-05-25T08:58:15Z' }),
    { callId: '7', from: 'Site widget', to: null }
  )
  t.match(parse(Buffer.from(`\uFEFF${JSON.stringify(started)}`)), { callId: INBOUND }, 'a byte order mark is accepted')
})

t.test('a body that was cut inside a long string is read in linear time', async t => {
  const cut = `{"EventType":"IncomingCall","N":1234567890123456789,"Body":{"Text":"${'é\\"x'.repeat(50_000)}`
  t.match(parse(cut), { type: 'unclassified', reason: 'not-json' })
  t.match(parse(`${cut}\\`), { type: 'unclassified', reason: 'not-json' })
})

const unclassified = [
  {
    name: 'an unknown type',
    body: { ...started, EventType: 'Voicemail' },
    reason: 'unknown-type',
    eventType: 'Voicemail'
  },
  { name: 'no type', body: {}, reason: 'unknown-type', eventType: null },
  {
    name: 'a call without an id',
    body: { EventType: 'IncomingCall' },
    reason: 'no-call-id',
    eventType: 'IncomingCall'
  },
  {
    name: 'a call id that is an object',
    body: { EventType: 'IncomingCall', CallId: {} },
    reason: 'no-call-id',
    eventType: 'IncomingCall'
  },
  {
    name: 'a call id without a usable toString',
    body: '{"EventType":"IncomingCall","CallId":{"toString":5,"valueOf":[]}}',
    reason: 'no-call-id',
    eventType: 'IncomingCall'
  },
  {
    name: 'a call id of 101 characters',
    body: { EventType: 'IncomingCall', CallId: 'x'.repeat(101) },
    reason: 'call-id-too-long',
    eventType: 'IncomingCall'
  },
  {
    name: 'another ApiKey',
    body: { ...started, ApiKey: 'aaaaaaaa-31c2-492a-b0c1-224cd94e9c3b' },
    reason: 'api-key-mismatch',
    eventType: 'IncomingCall'
  },
  {
    name: 'an ApiKey that is a number',
    body: { ...started, ApiKey: 5 },
    reason: 'api-key-mismatch',
    eventType: 'IncomingCall'
  },
  {
    name: 'an ApiKey without a usable toString',
    body: '{"EventType":"IncomingCall","CallId":"1","ApiKey":{"toString":5}}',
    reason: 'api-key-mismatch',
    eventType: 'IncomingCall'
  },
  { name: 'a body that is not JSON', body: 'hello', reason: 'not-json', eventType: null },
  {
    name: 'bytes that are not UTF-8',
    body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    reason: 'not-json',
    eventType: null
  },
  { name: 'an array', body: [started], reason: 'not-an-object', eventType: null },
  { name: 'null', body: 'null', reason: 'not-an-object', eventType: null },
  {
    name: 'nesting of 10,000',
    body: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    reason: 'too-deep',
    eventType: null
  }
]
for (const { name, body, reason, eventType } of unclassified) {
  t.test(`a notification is unclassified with ${name}`, async t => {
    t.match(parse(body), { type: 'unclassified', reason, eventType })
  })
}

t.test('the ApiKey is case-insensitive, and a missing one is not a mismatch', async t => {
  t.equal(parse({ ...started, ApiKey: DOCUMENTED_API_KEY.toUpperCase() })?.type, 'call.started')
  t.equal(parse({ ...started, ApiKey: undefined })?.type, 'call.started')
  t.equal(parse({ ...started, ApiKey: null })?.type, 'call.started')
})

t.test('a body that is not an object is kept as bytes', async t => {
  const bytes = Buffer.from([0, 255, 10, 13, 200])
  const event = parse(bytes)
  t.match(event, { rawEncoding: 'base64', clock: 'suspect' })
  t.strictSame(Buffer.from(String(event?.raw), 'base64'), bytes)
})

t.test(
  'a time that is absent, unreadable, before 1970 or more than a day ahead is replaced by the time of receipt',
  async t => {
    for (const Timestamp of [
      undefined,
      'soon',
      '2017-02-30T00:00:00Z',
      '2017-05-25T08:58:10',
      '2026-11-24T08:00:01Z',
      '0001-01-01T00:00:00.0000000Z',
      '0001-01-01T00:00:00+23:59',
      '1969-12-31T23:59:59Z',
      5
    ]) {
      t.match(parse({ ...started, Timestamp }), { occurredAt: NOW.toISOString(), clock: 'suspect' })
    }
    t.match(parse({ ...started, Timestamp: '2026-11-24T07:59:59Z' }), {
      occurredAt: '2026-11-24T07:59:59.000Z',
      clock: 'suspect'
    })
  }
)

t.test('normalized text contains nothing that Postgres refuses', async t => {
  t.match(parse({ ...started, Body: { ...started?.Body, From: 'a\u0000b\ud800c', Extension: 'x'.repeat(200) } }), {
    from: 'a\uFFFDb\uFFFDc',
    extension: 'x'.repeat(100)
  })
})

t.test('an empty body gives no event', async t => {
  t.equal(parse(''), null)
})
