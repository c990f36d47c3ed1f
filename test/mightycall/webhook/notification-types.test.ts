import t from 'tap'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import { BUSINESS_NUMBER, CLIENT_NUMBER, DOCUMENTED_API_KEY } from '../../support/documented-notifications.js'

const NOW = new Date('2026-11-23T08:00:00.000Z')
const Timestamp = '2026-11-23T07:59:00.0000000Z'
const parse = (body: object) =>
  parseNotification(
    { id: 'default', apiKey: DOCUMENTED_API_KEY, region: 'US' },
    Buffer.from(JSON.stringify({ Timestamp, ...body })),
    NOW
  )

const calls: [eventType: string, type: string, family: string, scope?: 'leg'][] = [
  ['IncomingCall', 'call.started', 'incoming'],
  ['IncomingCallRinging', 'call.ringing', 'incoming'],
  ['IncomingCallStopRinging', 'call.ring-stopped', 'incoming'],
  ['IncomingStopRinging', 'call.ring-stopped', 'incoming'],
  ['IncomingCallConnected', 'call.connected', 'incoming'],
  ['IncomingCallCompleted', 'call.completed', 'incoming'],
  ['IncomingCallAgentRinging', 'call.ringing', 'incoming'],
  ['IncomingCallAgentDialing', 'call.ringing', 'incoming'],
  ['IncomingCallAgentStopRinging', 'call.ring-stopped', 'incoming'],
  ['IncomingCallAgentRingingStopped', 'call.ring-stopped', 'incoming'],
  ['IncomingCallAgentConnected', 'call.connected', 'incoming'],
  ['IncomingCallAgentCompleted', 'call.completed', 'incoming', 'leg'],
  ['OutgoingCall', 'call.started', 'outgoing'],
  ['OutgoingCallConnected', 'call.connected', 'outgoing'],
  ['OutgoingCallCompleted', 'call.completed', 'outgoing'],
  ['OutgoingCallAgentDialing', 'call.ringing', 'outgoing'],
  ['OutgoingCallAgentRinging', 'call.ringing', 'outgoing'],
  ['OutgoingCallAgentConnected', 'call.connected', 'outgoing'],
  ['OutgoingCallAgentCompleted', 'call.completed', 'outgoing', 'leg'],
  ['CallbackCall', 'call.started', 'callback'],
  ['CallbackCallRinging', 'call.ringing', 'callback'],
  ['CallbackCallStopRinging', 'call.ring-stopped', 'callback'],
  ['CallbackCallConnected', 'call.connected', 'callback'],
  ['CallbackCallCompleted', 'call.completed', 'callback'],
  ['CallbackCallAgentRinging', 'call.ringing', 'callback'],
  ['CallbackCallAgentDialing', 'call.ringing', 'callback'],
  ['CallbackCallAgentConnected', 'call.connected', 'callback'],
  ['CallbackCallAgentCompleted', 'call.completed', 'callback', 'leg']
]
for (const [EventType, type, family, scope] of calls) {
  t.test(`${EventType} is ${type} of ${family}, in both shapes and any casing`, async t => {
    const expected = { type, family, callId: 'c-1', extension: '101', from: CLIENT_NUMBER, to: BUSINESS_NUMBER }
    const parsed = [
      parse({ EventType, Body: { Id: 'c-1', From: CLIENT_NUMBER, To: BUSINESS_NUMBER, Extension: '101' } }),
      parse({
        EventType: ` ${EventType.toUpperCase()}`,
        body: { callId: 'c-1', from: CLIENT_NUMBER, to: BUSINESS_NUMBER },
        extension: 101
      }),
      parse({
        eventType: EventType.toLowerCase(),
        CallId: 'c-1',
        From: '(555) 937-1200',
        to: BUSINESS_NUMBER,
        Extension: 101
      })
    ]
    for (const event of parsed) {
      t.match(event, expected)
      t.equal((event as { scope?: string }).scope, scope)
    }
  })
}

t.test('the event of a classic notification has no contact-center fields', async t => {
  const event = parse({ EventType: 'IncomingCall', Body: { Id: 'c', CallDuration: null }, RecordingLink: null })
  t.strictSame(Object.keys(event ?? {}), [
    'id',
    'type',
    'account',
    'occurredAt',
    'receivedAt',
    'source',
    'callId',
    'family',
    'extension',
    'from',
    'to',
    'guid',
    'raw'
  ])
  const completed = parse({
    EventType: 'OutgoingCallAgentCompleted',
    CallId: 'c',
    CallDuration: '00:02:05',
    RecordingId: 7,
    RecordingLink: 'https://mightycall.com/a'
  })
  t.strictSame(Object.keys(completed ?? {}).slice(-6), [
    'guid',
    'scope',
    'durationSeconds',
    'recordingId',
    'recordingLink',
    'raw'
  ])
})

const durations: [value: unknown, seconds: number | null][] = [
  ['00:02:05', 125],
  ['1:00:00', 3600],
  ['00:00:01.5000000', 1.5],
  ['1.00:00:01', 86_401],
  ['100:00:00', 360_000],
  [125, 125],
  ['125', 125],
  [0, 0],
  [1.5, 1.5],
  ['02:05', null],
  ['00:61:00', null],
  [-1, null],
  ['', null],
  ['soon', null],
  [{}, null],
  [true, null],
  [1e21, null],
  ['9'.repeat(200), null]
]
for (const [CallDuration, durationSeconds] of durations) {
  t.test(`the duration ${JSON.stringify(CallDuration).slice(0, 30)} is ${durationSeconds}`, async t => {
    t.match(parse({ EventType: 'IncomingCallCompleted', CallId: 'c', CallDuration }), { durationSeconds })
  })
}

const LINK = 'https://media.mightycall.com/call-123.mp3'
const links: [value: unknown, link: string | null][] = [
  [LINK, LINK],
  ['https:/mightycall.com/a', 'https://mightycall.com/a'],
  [`${LINK}?token=abc#t`, LINK],
  ['HTTPS://Console.MightyCall.COM/a', 'https://console.mightycall.com/a'],
  ['https://user:pass@mightycall.com/a', 'https://mightycall.com/a'],
  ['http://mightycall.com/a', null],
  ['https://evilmightycall.com/a', null],
  ['https://mightycall.com.evil.example/a', null],
  ['https://mightycall.com@evil.example/a', null],
  ['https://evil.example/mightycall.com', null],
  ['https://mightycall.com:8443/a', null],
  ['https://mightycall.com./a', null],
  ['file:///etc/passwd', null],
  ['javascript:alert(1)', null],
  ['//mightycall.com/a', null],
  ['', null],
  [5, null],
  [{ href: LINK }, null],
  [`${LINK}/${'a'.repeat(2000)}`, null],
  ['x'.repeat(100_000), null],
  ['https://mightycall.com/a\u0000\ud800', 'https://mightycall.com/a%00%EF%BF%BD']
]
for (const [RecordingLink, recordingLink] of links) {
  t.test(`the link ${JSON.stringify(RecordingLink).slice(0, 50)} is ${recordingLink}`, async t => {
    t.match(parse({ EventType: 'IncomingCallCompleted', CallId: 'c', RecordingLink }), { recordingLink })
    t.match(parse({ EventType: 'IncomingCallCompleted', Body: { Id: 'c', recordinglink: RecordingLink } }), {
      recordingLink
    })
  })
}
