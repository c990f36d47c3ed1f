import t from 'tap'
import { DOCUMENTED_API_KEY, DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { readableText, startReceiver } from '../support/receiver.js'

const STARTED = DOCUMENTED_NOTIFICATIONS[0]
const BODY = JSON.stringify(STARTED)
const UPPER = DOCUMENTED_API_KEY.toUpperCase()
const ESCAPED = `\\u0038\\u0061${DOCUMENTED_API_KEY.slice(2)}`

/**
 * Bodies that contain the key of the account elsewhere than in its member. startReceiver fails the test when a record
 * or a log line contains the key.
 */
const places: [name: string, body: string | Buffer][] = [
  ['a text', JSON.stringify({ ...STARTED, Note: `the key is ${DOCUMENTED_API_KEY}!` })],
  ['a text in upper case', JSON.stringify({ ...STARTED, Note: UPPER })],
  ['the call id', JSON.stringify({ ...STARTED, Body: { ...STARTED?.Body, Id: DOCUMENTED_API_KEY } })],
  [
    'the parties, the extension, the Guid and the type',
    JSON.stringify({
      ...STARTED,
      EventType: `x${DOCUMENTED_API_KEY}`,
      Guid: UPPER,
      Body: { From: DOCUMENTED_API_KEY, To: UPPER, Id: '1', Extension: `1${DOCUMENTED_API_KEY}` }
    })
  ],
  [
    'a name',
    JSON.stringify({
      ...STARTED,
      [DOCUMENTED_API_KEY]: 1,
      Body: { ...STARTED?.Body, [UPPER]: { [`_${DOCUMENTED_API_KEY}`]: [] } }
    })
  ],
  ['an array', JSON.stringify({ ...STARTED, list: [[DOCUMENTED_API_KEY], { a: DOCUMENTED_API_KEY }] })],
  ['JSON in a text', JSON.stringify({ ...STARTED, inner: BODY })],
  ['JSON in JSON in a text', JSON.stringify({ ...STARTED, inner: JSON.stringify({ inner: BODY }) })],
  ['a text with escaped characters', BODY.replace('"Guid"', `"Note":"${ESCAPED}","Guid"`)],
  ['a member whose name is escaped', BODY.replace('"Guid"', `"\\u0041pi\\u004bey":"${ESCAPED}","Guid"`)],
  ['a body that is a text', JSON.stringify(BODY)],
  ['an array of texts', JSON.stringify([DOCUMENTED_API_KEY, ESCAPED])],
  ['a text in an array, escaped', `["${ESCAPED}"]`],
  [
    'next to a number that JavaScript cannot represent',
    BODY.replace('"Guid"', `"n":9007199254740993,"Note":"${ESCAPED}","Guid"`)
  ],
  ['too deep', `${'['.repeat(100)}"${ESCAPED}"${']'.repeat(100)}`],
  [
    'two members of one name',
    BODY.replace(
      '"Guid"',
      `"ApiKey":"${DOCUMENTED_API_KEY}","apikey":"${UPPER}","API-Key":"${DOCUMENTED_API_KEY}","Guid"`
    )
  ],
  ['a body that is not JSON', `key=${DOCUMENTED_API_KEY}&again=${UPPER}`],
  ['UTF-16', Buffer.from(BODY, 'utf16le')],
  ['a URL', JSON.stringify({ ...STARTED, Link: `https://a/?apikey=${DOCUMENTED_API_KEY}&x=1` })],
  [
    'next to __proto__',
    `{"__proto__":{"a":"${DOCUMENTED_API_KEY}","${UPPER}":1},"EventType":"IncomingCall","CallId":"1"}`
  ]
]

for (const [name, body] of places) {
  t.test(`the key of the account is removed from ${name}`, async t => {
    const { post, stored } = await startReceiver(t)
    t.equal((await post(body)).status, 200)
    t.equal(stored.length, 1)
  })
}

t.test('the text around the key is kept, and so are the type and the id of the event', async t => {
  const { post, stored } = await startReceiver(t)
  await post(JSON.stringify({ ...STARTED, Note: `before ${DOCUMENTED_API_KEY} after`, __proto__: null }))
  await post(JSON.stringify({ Note: `before ${UPPER} after`, ...STARTED }))
  await post(BODY)
  t.equal(stored[0]?.headers.ce_type, 'call.started')
  t.match(readableText(stored[0] ?? (stored[0] as never)), `before ${'*'.repeat(36)} after`)
  t.equal(stored[0]?.headers.ce_id, stored[1]?.headers.ce_id)
  t.not(stored[0]?.headers.ce_id, stored[2]?.headers.ce_id)
})
