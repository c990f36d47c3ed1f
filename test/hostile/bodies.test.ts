import { randomBytes } from 'node:crypto'
import t from 'tap'
import { DOCUMENTED_API_KEY, DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { identityOf, openProjection } from '../support/project-records.js'
import { readableText, SENDER_NAME, startReceiver } from '../support/receiver.js'

const RINGING = DOCUMENTED_NOTIFICATIONS[1]
const KIB = 1024

/** Values of members that should be texts. `undefined` omits the member. */
const values: unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  1.5,
  1e21,
  5e-324,
  2 ** 53 + 2,
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udc00x',
  '\ufeff',
  '\u2028',
  'NaN',
  'Infinity',
  '-1',
  SENDER_NAME,
  'e\u0301'.repeat(60),
  '\u{1f600}'.repeat(60),
  'x'.repeat(100 * KIB),
  [],
  [[]],
  ['a'],
  {},
  { toString: 5, valueOf: 5 },
  { toJSON: 1 },
  [{ toString: null, valueOf: null }],
  { Id: { Id: 1 } }
]
const timestamps = [
  '9999-12-31T23:59:59.9999999Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '0001-01-01T00:00:00+23:59',
  '1969-12-31T23:59:59Z',
  '1970-01-01T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  '2017-02-30T00:00:00Z',
  '2017-05-25T23:59:60Z',
  '2017-05-25t08:58:10z',
  '2017-05-25T08:58:10.123456789Z',
  '2017-05-25T08:58:10-23:59',
  '/Date(1495702690514)/',
  'now',
  '1495702690514'
]
const fields = ['Body', 'Guid', 'ApiKey', 'Timestamp', 'EventType'] as const
const inBody = ['From', 'To', 'Id', 'Extension'] as const

const malformed: (string | Buffer)[] = [
  'null',
  'true',
  '5',
  '"text"',
  '[]',
  '[1,[2]]',
  '{}',
  '{',
  '{"a":',
  'NaN',
  "{'a':1}",
  '\ufeff',
  ' ',
  '\u0000',
  '{"a":1}{"b":2}',
  `${JSON.stringify(RINGING)}\n\n`,
  `${JSON.stringify(RINGING)};`,
  JSON.stringify([RINGING]),
  JSON.stringify(JSON.stringify(RINGING)),
  Buffer.from(JSON.stringify(RINGING), 'utf16le'),
  Buffer.from(`\ufeff${JSON.stringify(RINGING)}`, 'utf16le'),
  Buffer.from([0xff, 0xfe, 0xfd]),
  Buffer.from(`{"Body":{"From":"\xe9"}}`, 'latin1'),
  randomBytes(1000),
  '['.repeat(10_000),
  '['.repeat(256 * KIB),
  `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  `${'{"Body":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  `{"ApiKey":${'['.repeat(10_000)}${']'.repeat(10_000)},"EventType":"IncomingCall","CallId":"deep"}`,
  '\u0001'.repeat(200 * KIB),
  `{"EventType":"${'\\u0001'.repeat(40_000)}"}`,
  `{"n":[${'1e15,'.repeat(50_000)}1]}`,
  `{"n":1${'0'.repeat(100_000)}}`,
  `{${'"":0,'.repeat(40_000)}"a":1}`,
  JSON.stringify({ EventType: 'IncomingCall', CallId: randomBytes(75 * KIB).toString('base64') }),
  '{"__proto__":{"EventType":"IncomingCall","CallId":"polluted"}}',
  '{"constructor":{"prototype":{"polluted":1}},"EventType":"IncomingCall","CallId":"c"}',
  '{"toString":1,"valueOf":2,"hasOwnProperty":3,"toJSON":4,"EventType":"IncomingCall","CallId":"t"}',
  '{"EventType":"IncomingCall","Body":{"__proto__":{"Id":"polluted"},"constructor":1,"toJSON":2,"Id":"p"},' +
    '"Timestamp":"2017-05-25T08:58:10Z"}',
  `{"__proto__":1,"ApiKey":"${DOCUMENTED_API_KEY}","__proto__":{"ApiKey":"${DOCUMENTED_API_KEY}"},` +
    '"EventType":"IncomingCall","CallId":"n"}',
  '{"EventType":"Nothing","EventType":"IncomingCall","CallId":"1","CallId":"2","Body":{"Id":"3"},' +
    '"body":{"id":"4"},"BODY":5}',
  `{"ApiKey":"${DOCUMENTED_API_KEY}","ApiKey":"another","EventType":"IncomingCall","CallId":"1"}`,
  JSON.stringify({ ...RINGING, Body: 'text' }),
  JSON.stringify({ ...RINGING, Body: [RINGING?.Body] }),
  JSON.stringify({ ...RINGING, Body: undefined }),
  JSON.stringify({ ...RINGING, ApiKey: 'aaaaaaaa-31c2-492a-b0c1-224cd94e9c3b' })
]

const bodies = [
  ...malformed,
  ...timestamps.map(Timestamp => JSON.stringify({ ...RINGING, Timestamp })),
  ...fields.flatMap(name => values.map(value => JSON.stringify({ ...RINGING, [name]: value }))),
  ...inBody.flatMap(name =>
    values.map(value => JSON.stringify({ ...RINGING, Body: { ...RINGING?.Body, [name]: value } }))
  )
]

t.test(
  `each of ${bodies.length} hostile or malformed bodies is stored, and projected without a dead letter`,
  async t => {
    const { post, stored, results } = await startReceiver(t)
    for (const [i, body] of bodies.entries()) {
      const { status } = await post(body)
      // the message must be one printable line
      t.equal(status, 200, JSON.stringify(String(body).slice(0, 60)).replace(/[^\x20-\x7e]/g, '?'))
      t.equal(stored.length, i + 1)
      t.ok((stored[i]?.value.length ?? 0) < 2 * 1024 * KIB, 'smaller than the record limit of a topic')
    }
    t.equal(results.length, bodies.length)
    t.notOk('EventType' in Object.prototype || 'polluted' in Object.prototype)
    const project = await openProjection(t)
    t.strictSame(await project(stored), { deadLetters: [], failures: [], events: new Set(stored.map(identityOf)).size })
  }
)

t.test('a notification with another ApiKey is stored as unclassified', async t => {
  const { post, stored, results } = await startReceiver(t)
  for (const ApiKey of ['aaaaaaaa-31c2-492a-b0c1-224cd94e9c3b', '', 5, true, [DOCUMENTED_API_KEY], { toString: 1 }])
    t.equal((await post(JSON.stringify({ ...RINGING, ApiKey }))).status, 200)
  t.strictSame(results, Array(6).fill('unclassified'))
  t.ok(stored.every(record => record.topic === 'unclassified' && readableText(record).includes('api-key-mismatch')))
})

t.test('a call id of any type causes no error', async t => {
  const { post, results } = await startReceiver(t)
  for (const Id of [{ toString: 5, valueOf: 5 }, [{ toString: null }], null, true])
    t.equal((await post(JSON.stringify({ ...RINGING, Body: { Id } }))).status, 200)
  t.strictSame(results, Array(4).fill('unclassified'))
})
