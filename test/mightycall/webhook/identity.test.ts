import t from 'tap'
import { type Event, entityOf } from '../../../src/events/event.js'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import { reparse } from '../../../src/mightycall/webhook/reparse.js'

const ACCOUNT = { id: 'default', apiKey: null, region: 'US' } as const
const NOW = new Date('2026-11-30T09:00:00.000Z')
const NIL = '00000000-0000-0000-0000-000000000000'
const GUID = '7df52a62-9db2-48cd-9ae4-7dec8203d822'

function parse(body: string | object): Event {
  const event = parseNotification(ACCOUNT, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), NOW)
  if (!event) throw new Error('an empty body')
  return event
}

/** A call in both shapes: classic, and that of contact-center accounts. */
const callsWith = (id: unknown) => {
  const fields = { EventType: 'IncomingCall', Timestamp: '2026-11-30T09:00:00.0000000Z' }
  const parties = { From: '+12025550121', To: '+12025550199' }
  return [
    { ...fields, Body: { ...parties, Id: id } },
    { ...fields, ...parties, CallId: id }
  ]
}

for (const id of [
  NIL,
  `{${NIL}}`,
  NIL.replaceAll('-', ''),
  '',
  ' ',
  '0',
  0,
  -1,
  '-1',
  '-',
  'null',
  'undefined',
  'None',
  null,
  1e30,
  true,
  {}
])
  t.test(`the id ${JSON.stringify(id)} identifies no call`, async t => {
    for (const body of callsWith(id)) t.match(parse(body), { type: 'unclassified', reason: 'no-call-id' })
  })

t.test('a nil id in one place does not hide the id in another', async t => {
  const [classic] = callsWith(NIL)
  t.match(parse({ ...classic, CallId: 'call-1' }), { type: 'call.started', callId: 'call-1' })
})

t.test('messages and agents are identified alike', async t => {
  const message = { EventType: 'Message', BusinessNumber: '+12025550199', ClientAddress: '+12025550121' }
  for (const id of [NIL, `{${NIL}}`, '0', 0, 'null'])
    t.match(parse({ ...message, Id: id, RequestGuid: NIL }), { type: 'unclassified', reason: 'incomplete' })
  t.match(parse({ ...message, Id: GUID.toUpperCase() }), { type: 'message.reported', messageId: GUID })
  t.match(parse({ EventType: 'UserStatus', Extension: 0, Status: 'dnd' }), { type: 'unclassified' })
})

t.test('a GUID is the same id in any casing and notation', async t => {
  for (const id of [GUID, GUID.toUpperCase(), `{${GUID}}`, `{${GUID.toUpperCase()}}`, `(${GUID})`])
    for (const body of callsWith(id)) t.match(parse(body), { type: 'call.started', callId: GUID }, id)
  const plain = GUID.replaceAll('-', '')
  for (const id of [plain, plain.toUpperCase()])
    for (const body of callsWith(id)) t.match(parse(body), { callId: plain }, 'without hyphens')
  for (const body of callsWith('ABC')) t.match(parse(body), { callId: 'ABC' }, 'another id keeps its casing')
})

const withId = (id: string, extension = '101') =>
  `{"Body":{"From":"+12025550121","To":"+12025550199","Id":${id},"Extension":${extension},` +
  `"Note":"Id: 12345678901234567890"},` +
  '"Timestamp":"2026-11-30T09:00:00.0000000Z","EventType":"IncomingCallRinging"}'

t.test('an integer beyond 2^53 is read exactly', async t => {
  const ids = ['1234567890123456789', '1234567890123456790', '9007199254740993', '-9007199254740993']
  const events = ids.map(id => parse(withId(id)))
  t.strictSame(
    events.map(event => entityOf(event).entity),
    ids
  )
  t.strictSame(
    events.map(event => Buffer.from(String(event.raw), 'base64').toString()),
    ids.map(id => withId(id)),
    'the original is kept as it came'
  )
  for (const event of events) t.strictSame(reparse(event, { region: 'US' }), event, 'it is read the same again')
  t.equal(parse(withId('1234567890123456789')).id, events[0]?.id, 'another delivery is the same event')
  t.not(parse(withId('1234567890123456789', '102')).id, events[0]?.id)
})

t.test('an integer that cannot be read exactly identifies no call', async t => {
  for (const id of ['1e30', '12345678901234567890.0', '1e400', '123456789012345678e1'])
    t.match(parse(withId(id)), { type: 'unclassified', reason: 'no-call-id' }, id)
})

t.test('large integers in a body that is not JSON do not make it readable', async t => {
  for (const body of ['{"Id":01234567890123456789}', '{"Id":1234567890123456789', '12345678901234567890 {}'])
    t.match(parse(body), { type: 'unclassified', reason: 'not-json' }, body)
  t.match(parse('12345678901234567890'), { type: 'unclassified', reason: 'not-an-object' })
})

for (const extension of [0, '0', '00', '', '-', NIL, 'null', -1])
  t.test(`the extension ${JSON.stringify(extension)} is none`, async t => {
    const Body = { From: '+12025550121', To: '+12025550199', Id: 'c13', Extension: extension }
    const event = parse({ Body, EventType: 'IncomingCallCompleted', Timestamp: '2026-11-30T09:00:40.0000000Z' })
    t.match(event, { type: 'call.completed', extension: null })
  })
