import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { CallEvent, CallReported } from '../../../src/events/call.js'
import type { Folded } from '../../../src/events/event.js'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import { foldCall } from '../../../src/project/models/calls/fold.js'
import {
  BUSINESS_NUMBER,
  CALLBACK,
  CLIENT_NUMBER,
  DOCUMENTED_API_KEY,
  DOCUMENTED_NOTIFICATIONS,
  INBOUND,
  OUTBOUND
} from '../../support/documented-notifications.js'
import { history, sinceStart } from '../../support/history.js'
import { seedOf } from '../../support/seeds.js'

/**
 * A call in short, with `101:ringing/connected/ended` for each leg; seconds from the start, `-` when it did not happen.
 */
function summary(sequence: string, parties = {}, delivered = (events: CallEvent[]) => events) {
  const call = foldCall(delivered(history(sequence, parties)))
  if (!call) throw new Error('no call')
  const legs = call.legs.map(
    leg =>
      `${leg.role === 'dialer' ? '*' : ''}${leg.extension}:` +
      [leg.ringingAt, leg.connectedAt, leg.endedAt].map(at => sinceStart(at) ?? '-').join('/')
  )
  return [
    call.direction,
    call.state,
    call.outcome ?? '-',
    `by ${call.answeredBy ?? '-'}`,
    `wait ${call.waitSeconds ?? '-'}`,
    `talk ${call.talkSeconds ?? '-'}`,
    ...legs
  ].join(' ')
}

const cases = [
  // every sequence of the documentation
  [
    'answered after one miss',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallStopRinging(101) > ' +
      'IncomingCallRinging(102) > IncomingCallConnected(102) > IncomingCallCompleted',
    'inbound ended answered by 102 wait 40 talk 10 101:10/-/20 102:30/40/50'
  ],
  [
    'missed',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallStopRinging(101) > IncomingCallCompleted',
    'inbound ended missed by - wait 30 talk - 101:10/-/20'
  ],
  [
    'a voicemail, which webhooks report like a missed call',
    'IncomingCall > IncomingCallRinging(101) > IncomingStopRinging > IncomingCallCompleted',
    'inbound ended missed by - wait 30 talk - 101:10/-/20'
  ],
  [
    'a ring group, answered by one',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallRinging(102)@10 > ' +
      'IncomingCallConnected(102)@15 > IncomingCallStopRinging(102)@15 > ' +
      'IncomingCallStopRinging(101)@15 > IncomingCallCompleted@40',
    'inbound ended answered by 102 wait 15 talk 25 101:10/-/15 102:10/15/40'
  ],
  [
    'transfer',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallConnected(101) > ' +
      'IncomingCallRinging(102) > IncomingCallConnected(102) > IncomingCallCompleted(101) > ' +
      'IncomingCallCompleted(102) > IncomingCallCompleted',
    'inbound ended answered by 101 wait 20 talk 40 101:10/20/50 102:30/40/60'
  ],
  [
    'outgoing, answered',
    'OutgoingCall(101) > OutgoingCallConnected(101) > OutgoingCallCompleted(101)',
    'outbound ended answered by 101 wait 10 talk 10 *101:0/10/20'
  ],
  [
    'outgoing, not answered',
    'OutgoingCall(101) > OutgoingCallCompleted(101)',
    'outbound ended unanswered by - wait 10 talk - *101:0/-/10'
  ],
  [
    'callback then transfer',
    'CallbackCall > CallbackCallRinging(105) > CallbackCallConnected(105) > ' +
      'IncomingCallRinging(101) > CallbackCallCompleted(105) > IncomingCallConnected(101) > ' +
      'IncomingCallCompleted(101) > CallbackCallCompleted',
    'callback ended answered by 105 wait 20 talk 30 105:10/20/40 101:30/50/60'
  ],
  ['abandoned in the greeting', 'IncomingCall > IncomingCallCompleted', 'inbound ended abandoned by - wait 10 talk -'],
  // calls that have not ended
  ['waiting', 'IncomingCall', 'inbound waiting - by - wait - talk -'],
  ['ringing', 'IncomingCall > IncomingCallRinging(101)', 'inbound ringing - by - wait - talk - 101:10/-/-'],
  [
    'between two agents',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallStopRinging(101)',
    'inbound waiting - by - wait - talk - 101:10/-/20'
  ],
  [
    'talking',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallConnected(101)',
    'inbound connected - by 101 wait 20 talk - 101:10/20/-'
  ],
  ['dialing', 'OutgoingCall(101)', 'outbound ringing - by - wait - talk - *101:0/-/-'],
  [
    'consulting',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallConnected(101) > ' +
      'IncomingCallRinging(102) > IncomingCallConnected(102) > IncomingCallCompleted(102)',
    'inbound connected - by 101 wait 20 talk - 101:10/20/- 102:30/40/50'
  ],
  // single rules
  [
    'a stop of the phone that answers does not end the leg',
    'IncomingCall > IncomingCallRinging(103) > IncomingCallStopRinging(103)@30 > ' +
      'IncomingCallConnected(103)@20 > IncomingCallCompleted@70',
    'inbound ended answered by 103 wait 20 talk 50 103:10/20/70'
  ],
  [
    'a phone that stopped ringing before it answered',
    'IncomingCall > IncomingCallRinging(103) > IncomingCallStopRinging(103)@19 > ' +
      'IncomingCallConnected(103)@20 > IncomingCallCompleted@70',
    'inbound ended answered by 103 wait 20 talk 50 103:10/20/70'
  ],
  [
    'the same extension again and again',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallStopRinging(101) > ' +
      'IncomingCallRinging(101) > IncomingCallStopRinging(101) > IncomingCallCompleted',
    'inbound ended missed by - wait 50 talk - 101:10/-/20 101:30/-/40'
  ],
  [
    'a stop at the instant of the next ringing ends the earlier attempt',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallStopRinging(101)@20 > IncomingCallRinging(101)@20',
    'inbound ringing - by - wait - talk - 101:10/-/20 101:20/-/-'
  ],
  [
    'a stop at the instant of the only ringing ends it',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallStopRinging(101)@10',
    'inbound waiting - by - wait - talk - 101:10/-/10'
  ],
  [
    'connected without ringing',
    'IncomingCall > IncomingCallConnected(101) > IncomingCallCompleted',
    'inbound ended answered by 101 wait 10 talk 10 101:-/10/20'
  ],
  [
    'connected twice',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallConnected(101) > ' +
      'IncomingCallConnected(101) > IncomingCallCompleted',
    'inbound ended answered by 101 wait 20 talk 20 101:10/20/40'
  ],
  [
    'connected without an extension answers the only one that rings',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallConnected > IncomingCallCompleted',
    'inbound ended answered by 101 wait 20 talk 10 101:10/20/30'
  ],
  [
    'connected without an extension while two ring',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallRinging(102) > IncomingCallConnected > ' +
      'IncomingCallCompleted',
    'inbound ended answered by - wait 30 talk 10 101:10/-/40 102:20/-/40 :-/30/40'
  ],
  [
    'a stop without an extension ends all that ring',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallRinging(102) > IncomingCallStopRinging > ' +
      'IncomingCallCompleted',
    'inbound ended missed by - wait 40 talk - 101:10/-/30 102:20/-/30'
  ],
  [
    'an ended call does not open again',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallCompleted > IncomingCallRinging(102) > ' +
      'IncomingCallConnected(102)',
    'inbound ended missed by - wait 20 talk - 101:10/-/20'
  ],
  [
    'the end is the last fact of its instant',
    'IncomingCall > IncomingCallCompleted@10 > IncomingCallConnected(101)@10 > IncomingCallRinging(101)@10',
    'inbound ended answered by 101 wait 10 talk 0 101:10/10/10'
  ],
  [
    'an outgoing call continues when its caller has transferred it',
    'OutgoingCall(101) > OutgoingCallConnected(101) > IncomingCallRinging(105) > ' +
      'IncomingCallConnected(105) > OutgoingCallCompleted(101)',
    'outbound connected - by 101 wait 10 talk - *101:0/10/40 105:20/30/-'
  ],
  [
    'a transferred outgoing call ends with an event without extension',
    'OutgoingCall(101) > OutgoingCallConnected(101) > IncomingCallRinging(105) > ' +
      'IncomingCallConnected(105) > OutgoingCallCompleted(101) > OutgoingCallCompleted',
    'outbound ended answered by 101 wait 10 talk 40 *101:0/10/40 105:20/30/50'
  ],
  [
    'a call whose caller has hung up does not open again',
    'OutgoingCall(101) > OutgoingCallCompleted(101)@30 > OutgoingCallConnected(101)@40',
    'outbound ended unanswered by - wait 30 talk - *101:0/-/30'
  ],
  [
    'the end precedes the start',
    'OutgoingCallCompleted(101)@3 > OutgoingCall(101)@5',
    'outbound ended unanswered by - wait 0 talk - *101:-/-/3'
  ],
  [
    'the caller hangs up, and the call is completed afterwards',
    'OutgoingCall(101) > OutgoingCallConnected(101) > OutgoingCallCompleted(101) > OutgoingCallCompleted',
    'outbound ended answered by 101 wait 10 talk 10 *101:0/10/20'
  ],
  [
    'an outgoing call without its start',
    'OutgoingCallCompleted(101)@30',
    'outbound ended unanswered by - wait 0 talk - *101:-/-/30'
  ],
  [
    'an outgoing call with only its answer and end',
    'OutgoingCallConnected(101)@10 > OutgoingCallCompleted(101)@30',
    'outbound ended answered by 101 wait 0 talk 20 *101:-/10/30'
  ],
  ['a call with only its end', 'IncomingCallCompleted', 'inbound ended abandoned by - wait 0 talk -']
] as const

for (const [name, sequence, expected] of cases) {
  t.test(`folds: ${name}`, async t => {
    t.equal(summary(sequence), expected, 'in order')
    t.equal(
      summary(sequence, {}, events => [...events].reverse()),
      expected,
      'reversed'
    )
    t.equal(
      summary(sequence, {}, events => [...events, ...events]),
      expected,
      'duplicated'
    )
  })
}

t.test('a call to a colleague is internal, answered by the colleague', async t => {
  t.equal(
    summary(
      'OutgoingCall(101) > IncomingCallRinging(105) > IncomingCallConnected(105) > ' +
        'IncomingCallCompleted(105) > OutgoingCallCompleted',
      { to: '105' }
    ),
    'internal ended answered by 105 wait 20 talk 20 *101:0/20/40 105:10/20/30'
  )
  t.match(foldCall(history('OutgoingCall(101) > IncomingCallRinging(105)', { to: '105' })), {
    direction: 'internal',
    businessNumber: BUSINESS_NUMBER,
    clientNumber: null,
    clientName: null
  })
})

t.test('the client and the business number are those of the primary call', async t => {
  t.match(foldCall(history('IncomingCall')), {
    businessNumber: BUSINESS_NUMBER,
    clientNumber: CLIENT_NUMBER,
    clientName: null
  })
  t.match(foldCall(history('OutgoingCall(101)')), { businessNumber: BUSINESS_NUMBER, clientNumber: CLIENT_NUMBER })
  t.match(foldCall(history('CallbackCall')), { businessNumber: BUSINESS_NUMBER, clientNumber: CLIENT_NUMBER })
  t.match(
    foldCall(history('IncomingCall', { from: 'Contact us' })),
    { clientNumber: null, clientName: 'Contact us' },
    'a site widget has a name instead of a number'
  )
})

const REPORT: Folded<CallReported> = {
  id: '8c8e0d1c-0000-4000-8000-000000000000',
  type: 'call.reported',
  account: 'default',
  occurredAt: '2026-11-23T09:00:00.000Z',
  receivedAt: '2026-11-23T09:00:00.000Z',
  source: 'rest',
  callId: 'call-1',
  route: 'calls',
  direction: 'inbound',
  status: null,
  businessNumber: null,
  clientNumber: null,
  clientName: null,
  startedAt: null,
  durationSeconds: null,
  parties: [],
  recordingId: null,
  recordingLink: null
}

t.test('REST neither opens an ended call again nor moves its end', async t => {
  const events = history('IncomingCall > IncomingCallRinging(101) > IncomingCallCompleted')
  t.match(foldCall([...events, REPORT]), { state: 'ended', outcome: 'missed', waitSeconds: 20 })
  t.match(foldCall([...events, { ...REPORT, status: 'voicemail', durationSeconds: 3600 }]), {
    state: 'ended',
    outcome: 'voicemail',
    waitSeconds: 20
  })
  t.match(
    foldCall([
      ...events.slice(0, 2),
      { ...REPORT, status: 'missed', startedAt: '2026-11-23T08:00:00.000Z', durationSeconds: 1 }
    ]),
    { state: 'ended', waitSeconds: 10 },
    'ended, and not before its last fact'
  )
})

for (const [name, sequence, report, expected] of [
  [
    'an answer without a webhook began with the recording',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallCompleted@70',
    { recordingSeconds: 40 },
    { answeredAt: 30, waitSeconds: 30, talkSeconds: 40, answeredBy: '101' }
  ],
  [
    'an answer without a webhook did not begin before the ringing',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallCompleted@70',
    { recordingSeconds: 69 },
    { answeredAt: 10, waitSeconds: 10, talkSeconds: 60 }
  ],
  [
    'the answer that a webhook reported is not changed',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallConnected(101)@20 > IncomingCallCompleted@70',
    { recordingSeconds: 40 },
    { answeredAt: 20, talkSeconds: 50 }
  ],
  [
    'the time of an answer is unknown without a webhook and a recording',
    'IncomingCall > IncomingCallRinging(101) > IncomingCallCompleted@70',
    {},
    { answeredAt: null, waitSeconds: null, talkSeconds: null, answeredBy: '101' }
  ]
] as const) {
  t.test(name, async t => {
    const journal: Folded<CallReported> = {
      ...REPORT,
      route: 'journal',
      direction: 'inbound',
      status: 'connected',
      startedAt: '2026-11-23T08:00:00.000Z',
      durationSeconds: 70,
      parties: [{ extension: '101', name: null, role: 'called', connected: true, first: true }],
      ...report
    }
    const call = foldCall([...history(sequence), journal])
    t.match({ ...call, answeredAt: sinceStart(call?.answeredAt ?? null) }, expected)
    t.match(call?.legs, [{ extension: '101', result: 'answered', connectedAt: call?.answeredAt }])
    t.equal(sinceStart(call?.legs[0]?.endedAt ?? null), 70)
  })
}

t.test('a call is a callback when only the journal reports it as one', async t => {
  const journal: Folded<CallReported> = {
    ...REPORT,
    id: '8c8e0d1c-0000-4000-8000-000000000001',
    route: 'journal',
    direction: 'callback'
  }
  for (const direction of ['inbound', 'outbound', null] as const)
    t.match(
      foldCall([{ ...REPORT, direction }, journal]),
      { direction: 'callback' },
      `the calls route reports ${direction}`
    )
  t.match(
    foldCall([
      { ...REPORT, direction: 'outbound' },
      { ...journal, direction: 'inbound' }
    ]),
    { direction: 'outbound' },
    'otherwise the calls route decides'
  )
})

t.test('events of two families at the same instant are both kept, whatever their ids', async t => {
  for (let i = 0; i < 30; i++) {
    const call = foldCall(
      history('IncomingCall > CallbackCallCompleted@10 > IncomingCallCompleted@10', { id: `call-${i}` })
    )
    t.match(call, { direction: 'callback', state: 'ended' })
  }
})

t.test('the documented examples fold to three calls, in any order', async t => {
  const events = DOCUMENTED_NOTIFICATIONS.map(body =>
    parseNotification(
      { id: 'default', apiKey: DOCUMENTED_API_KEY, region: 'US' },
      Buffer.from(JSON.stringify(body)),
      new Date()
    )
  ) as CallEvent[]
  const fold = (id: string) => foldCall(events.filter(event => event.callId === id).reverse())
  t.match(fold(INBOUND), {
    direction: 'inbound',
    state: 'ended',
    outcome: 'answered',
    answeredBy: '103',
    waitSeconds: 10,
    talkSeconds: 50,
    webhookEvents: 5
  })
  t.match(fold(OUTBOUND), {
    direction: 'outbound',
    state: 'ended',
    outcome: 'answered',
    answeredBy: '101',
    waitSeconds: 10,
    talkSeconds: 30
  })
  t.match(fold(CALLBACK), {
    direction: 'callback',
    state: 'ended',
    outcome: 'answered',
    answeredBy: '104',
    waitSeconds: 10,
    talkSeconds: 50
  })
})

const step = fc
  .tuple(
    fc.constantFrom('Incoming', 'Outgoing', 'Callback'),
    fc.constantFrom('Call', 'CallRinging', 'CallStopRinging', 'CallConnected', 'CallCompleted'),
    fc.constantFrom('', '(101)', '(102)', '(103)'),
    fc.integer({ min: 0, max: 8 })
  )
  .map(
    ([family, type, extension, seconds]) =>
      `${family === 'Outgoing' && /Ringing/.test(type) ? 'Incoming' : family}${type}${extension}@${seconds}`
  )
const anyHistory = fc.array(step, { minLength: 1, maxLength: 12 }).map(steps => history(steps.join('>')))

t.test('a call folds to the same row however its events arrive', async t => {
  const delivery = anyHistory.chain(events =>
    fc.record({
      events: fc.constant(events),
      delivered: fc.shuffledSubarray([...events, ...events, ...events], { minLength: events.length * 2 })
    })
  )
  fc.assert(
    fc.property(delivery, ({ events, delivered }) => {
      const missing = events.filter(event => !delivered.some(({ id }) => id === event.id))
      assert.deepEqual(foldCall([...delivered, ...missing]), foldCall(events))
    }),
    { seed: seedOf(), numRuns: 3000 }
  )
  t.pass()
})

t.test('every folded row is consistent', async t => {
  fc.assert(
    fc.property(anyHistory, events => {
      const call = foldCall(events)
      assert.ok(call)
      assert.equal(call.state === 'ended', call.endedAt !== null)
      assert.equal(call.outcome !== null, call.endedAt !== null)
      assert.equal(call.outcome === 'answered', call.endedAt !== null && call.answeredAt !== null)
      assert.ok((call.waitSeconds ?? 0) >= 0 && (call.talkSeconds ?? 0) >= 0)
      for (const leg of call.legs) {
        assert.ok(
          call.endedAt === null || (leg.endedAt !== null && leg.endedAt <= call.endedAt),
          'no leg ends after its call'
        )
        assert.ok((leg.ringingAt ?? 0) <= (leg.connectedAt ?? leg.endedAt ?? Number.POSITIVE_INFINITY))
        assert.ok((leg.connectedAt ?? 0) <= (leg.endedAt ?? Number.POSITIVE_INFINITY))
      }
      const names = call.legs.map(leg => `${leg.extension}#${leg.attempt}`)
      assert.equal(new Set(names).size, names.length, 'an attempt has one row')
    }),
    { seed: seedOf(), numRuns: 3000 }
  )
  t.pass()
})
