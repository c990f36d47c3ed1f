import t from 'tap'
import { MAX_TEXT_LENGTH } from '../../../src/events/envelope.js'
import { decodeRecord, encodeEvent } from '../../../src/events/record.js'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import { BUSINESS_NUMBER, CLIENT_NUMBER, DOCUMENTED_API_KEY } from '../../support/documented-notifications.js'

const NOW = new Date('2026-11-23T08:00:00.000Z')
const Timestamp = '2026-11-23T07:59:00.0000000Z'
const ID = '0123456789abcdef01234567'
const MESSAGE = { Id: ID, businessNumber: BUSINESS_NUMBER.slice(1), clientAddress: '(555) 937-1200', text: 'Hello' }

/** Parses a notification, and encodes and decodes the event as the log does. */
function parse(body: object) {
  const event = parseNotification(
    { id: 'default', apiKey: DOCUMENTED_API_KEY, region: 'US' },
    Buffer.from(JSON.stringify({ Timestamp, ...body })),
    NOW
  )
  return event && decodeRecord(encodeEvent(event))
}

const types: [eventType: string | undefined, direction: 'inbound' | 'outbound' | null, more?: object][] = [
  ['Message', null],
  ['MessageReceived', 'inbound'],
  ['MessageSent', 'outbound'],
  ['InboundMessage', 'inbound'],
  ['OutboundMessage', 'outbound'],
  ['SmsMms', null],
  ['smsmms', null],
  ['Message', 'inbound', { messageOrigin: 'Inbound' }],
  ['SmsMms', 'outbound', { MessageOrigin: 'outbound' }],
  ['MessageSent', 'inbound', { messageOrigin: 'INBOUND' }],
  ['MessageSent', 'outbound', { messageOrigin: 'sideways' }],
  [undefined, null, { requestType: 'Message' }],
  ['Whatever', null, { RequestType: 'message' }]
]
for (const [EventType, direction, more = {}] of types) {
  t.test(`${EventType} with ${JSON.stringify(more)} is a message, ${direction}`, async t => {
    const expected = {
      type: 'message.reported',
      messageId: ID,
      route: 'webhook',
      source: 'webhook',
      direction,
      businessNumber: BUSINESS_NUMBER,
      clientNumber: CLIENT_NUMBER,
      text: 'Hello',
      sentAt: '2026-11-23T07:59:00.000Z',
      delivery: null,
      attachments: [],
      read: null
    }
    t.match(parse({ EventType, Body: { ...MESSAGE, ...more } }), expected)
    t.match(parse({ EventType, ...MESSAGE, ...more }), expected)
  })
}

t.test('the id of a message is its id in the journal, or a requestGuid that is not nil', async t => {
  const guid = '7df52a62-9db2-48cd-9ae4-7dec8203d822'
  const nil = '00000000-0000-0000-0000-000000000000'
  const idOf = (body: object) =>
    (parse({ EventType: 'Message', Body: { ...MESSAGE, Id: undefined, ...body } }) as { messageId?: string }).messageId
  t.equal(idOf({ requestGuid: guid }), guid)
  t.equal(idOf({ id: '', requestGuid: guid }), guid)
  t.equal(idOf({ id: nil, requestGuid: guid }), guid)
  t.equal(idOf({ id: 7 }), '7')
  for (const body of [{}, { requestGuid: nil }, { id: ' ' }, { id: {} }, { id: 'x'.repeat(101) }])
    t.equal(idOf(body), undefined)
  const withId = (id: string) =>
    parseNotification(
      { id: 'default', apiKey: null, region: 'US' },
      Buffer.from(
        `{"EventType":"Message","Id":${id},"businessNumber":"${BUSINESS_NUMBER}","clientAddress":"${CLIENT_NUMBER}"}`
      ),
      NOW
    )
  t.match(withId('9007199254740993'), { type: 'message.reported', messageId: '9007199254740993' })
  t.match(
    withId('9007199254740993.0'),
    { type: 'unclassified', reason: 'incomplete' },
    'an inexact id would merge messages'
  )
})

t.test('a message without a party or an id is incomplete', async t => {
  for (const part of ['Id', 'businessNumber', 'clientAddress'])
    t.match(parse({ EventType: 'MessageSent', Body: { ...MESSAGE, [part]: null } }), {
      type: 'unclassified',
      reason: 'incomplete',
      eventType: 'MessageSent'
    })
})

t.test('the text of a message is cleaned and limited, and its time is never the time of receipt', async t => {
  t.match(parse({ EventType: 'Message', ...MESSAGE, text: ' a\u0000b\ud800 \n' }), { text: ' a\uFFFDb\uFFFD \n' })
  t.match(parse({ EventType: 'Message', ...MESSAGE, text: 'é'.repeat(30_000) }), { text: 'é'.repeat(MAX_TEXT_LENGTH) })
  for (const text of [undefined, null, '', 5, {}])
    t.match(parse({ EventType: 'Message', ...MESSAGE, text }), { text: null })
  t.match(parse({ EventType: 'Message', ...MESSAGE, Timestamp: 'soon' }), { clock: 'suspect', sentAt: null })
  t.match(parse({ EventType: 'MessageSent', ...MESSAGE, Extension: 101 }), { extension: '101' })
  t.match(parse({ EventType: 'MessageReceived', ...MESSAGE, Extension: 101 }), { extension: null })
})

t.test('attachments have no links', async t => {
  const attachments = [
    { link: 'https://a', fileName: 'a.jpg', fileSize: 5 },
    { Name: 'b', Size: -1, ContentType: 'image/png' },
    { link: 'https://b' },
    'c',
    null
  ]
  t.match(parse({ EventType: 'Message', ...MESSAGE, attachments }), {
    attachments: [
      { fileName: 'a.jpg', sizeBytes: 5, contentType: null },
      { fileName: 'b', sizeBytes: null, contentType: 'image/png' }
    ]
  })
  for (const odd of [{}, 'x', 5, [[]]])
    t.match(parse({ EventType: 'Message', ...MESSAGE, attachments: odd }), { attachments: [] })
  t.equal(
    (
      parse({ EventType: 'Message', ...MESSAGE, attachments: Array.from({ length: 60 }, () => ({ name: 'x' })) }) as {
        attachments: unknown[]
      }
    ).attachments.length,
    50
  )
})

const statuses: [body: object, presence: string | null][] = [
  [{ EventType: 'ProfileStatusChanged', Body: { Extension: '101', Status: 'Available' } }, 'available'],
  [{ EventType: 'userPresence', extension: 101, presence: 'DND' }, 'dnd'],
  [{ EventType: 'AvailabilityChanged', Extension: '101', availability: 'Do not disturb' }, 'dnd'],
  [{ EventType: 'AgentStatus', Extension: '101', status: 'DoNotDisturb' }, 'dnd'],
  [{ EventType: 'AgentStatus', Extension: '101', status: 'on call' }, null],
  [{ EventType: 'AgentStatus', status: 'available' }, null],
  [{ EventType: 'AgentStatus', Extension: 'x'.repeat(101), status: 'available' }, null],
  [{ EventType: 'AgentStatus', Extension: [{ toString: 0 }], Status: 'available' }, null],
  [{ EventType: 'AgentState', Extension: '101', status: 'available' }, null],
  [{ EventType: 'CallStatusChanged', CallId: 'c' }, null]
]
for (const [body, presence] of statuses) {
  t.test(`${JSON.stringify(body).slice(0, 80)} is ${presence ?? 'of an unknown type'}`, async t => {
    t.match(
      parse(body),
      presence
        ? { type: 'status.reported', extension: '101', presence, route: 'webhook' }
        : { type: 'unclassified', reason: 'unknown-type' }
    )
  })
}
