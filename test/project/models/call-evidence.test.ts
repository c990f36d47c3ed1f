import t from 'tap'
import type { CallEvent, CallReported } from '../../../src/events/call.js'
import type { Folded } from '../../../src/events/event.js'
import { parseNotification } from '../../../src/mightycall/webhook/notification.js'
import type { FoldedCallEvent } from '../../../src/project/models/calls/facts.js'
import { type Call, foldCall } from '../../../src/project/models/calls/fold.js'
import { type CallParties, history, START, sinceStart } from '../../support/history.js'

type Party = Partial<CallReported['parties'][number]> & { extension: string }

interface Report extends Partial<Omit<CallReported, 'parties'>> {
  parties?: Party[]
}

interface Case {
  name: string
  /** The webhooks of the call: see `history`. */
  webhooks: string
  parties?: CallParties
  /** The duration in seconds of the last `completed` event, which then names a recording unless `recorded` is false. */
  duration?: number
  recorded?: boolean
  reports?: Report[]
  /** Instants are in seconds since the start of the history. */
  expected: Partial<Record<keyof Call, unknown>>
  /** `101:ringing/connected/ended`, with a `*` for the caller and a `-` for an unknown time. */
  legs?: string[]
}

const INSTANTS = ['startedAt', 'answeredAt', 'endedAt'] as const

/** Folds the events of a case in order, reversed and duplicated, and checks each result. */
function check(group: string, cases: readonly Case[]): void {
  for (const { name, webhooks, parties, duration, recorded = true, reports = [], expected, legs } of cases) {
    t.test(`${group}: ${name}`, async t => {
      const heard = webhooks === '' ? [] : history(webhooks, parties)
      const measured = duration === undefined ? heard : withDuration(heard, { duration, recorded })
      const events: FoldedCallEvent[] = [...measured, ...reports.map(reportOf)]
      for (const [order, delivered] of Object.entries({
        'in order': events,
        reversed: [...events].reverse(),
        duplicated: [...events, ...events]
      })) {
        const call = foldCall(delivered)
        if (!call) throw new Error('no call')
        const times = Object.fromEntries(INSTANTS.map(field => [field, sinceStart(call[field])]))
        t.match({ ...call, ...times }, expected, order)
        if (legs) t.strictSame(call.legs.map(describeLeg), legs, `${order}: legs`)
      }
    })
  }
}

function describeLeg({ extension, role, ringingAt, connectedAt, endedAt, result }: Call['legs'][number]): string {
  const times = [ringingAt, connectedAt, endedAt].map(at => sinceStart(at) ?? '-').join('/')
  return `${role === 'dialer' ? '*' : ''}${extension}:${times} ${result ?? 'open'}`
}

function withDuration(
  events: CallEvent[],
  { duration, recorded }: { duration: number; recorded: boolean }
): CallEvent[] {
  const last = events.findLast(event => event.type === 'call.completed')
  const recordingLink = recorded ? 'https://media.mightycall.com/call-1.mp3' : null
  return events.map(event => (event === last ? { ...event, durationSeconds: duration, recordingLink } : event))
}

function reportOf({ parties = [], ...report }: Report, i: number): Folded<CallReported> {
  return {
    id: `8c8e0d1c-0000-4000-8000-00000000000${i}`,
    type: 'call.reported',
    account: 'default',
    occurredAt: new Date(START + 3_600_000 + i).toISOString(),
    receivedAt: new Date(START + 3_600_000 + i).toISOString(),
    source: 'rest',
    callId: 'call-1',
    route: 'calls',
    direction: 'inbound',
    status: null,
    businessNumber: null,
    clientNumber: null,
    clientName: null,
    startedAt: new Date(START).toISOString(),
    durationSeconds: null,
    recordingId: null,
    recordingLink: null,
    ...report,
    parties: parties.map(party => ({ name: null, role: 'called', connected: false, first: false, ...party }))
  }
}

const OUTGOING = 'OutgoingCall(101) > OutgoingCallConnected(101)@5 > OutgoingCallCompleted(101)@55'

check('an internal call is recognized by evidence', [
  ...['911', '988', '411', '311', '112', '611', '24365', '*98', '#31#'].map(to => ({
    name: `${to} is the client of an outbound call`,
    webhooks: OUTGOING,
    parties: { to },
    expected: { direction: 'outbound', clientNumber: to, clientCallable: false, outcome: 'answered', answeredBy: '101' }
  })),
  {
    name: 'a short number stays the client when REST reports it as a telephone number',
    webhooks: OUTGOING,
    parties: { to: '911' },
    reports: [
      {
        direction: 'outbound',
        status: 'connected',
        clientNumber: '911',
        parties: [{ extension: '101', role: 'caller' }]
      }
    ],
    expected: { direction: 'outbound', clientNumber: '911' }
  },
  {
    name: 'an extension that only dials is not a colleague',
    webhooks: 'OutgoingCall(411) > OutgoingCallConnected(411) > OutgoingCallCompleted(411)',
    parties: { to: '411' },
    expected: { direction: 'outbound', clientNumber: '411', answeredBy: '411' }
  },
  {
    name: 'a short number is the client until the phone of a colleague rings',
    webhooks: 'OutgoingCall(101)',
    parties: { to: '105' },
    expected: { direction: 'outbound', clientNumber: '105', state: 'ringing' }
  },
  ...['IncomingCallRinging', 'IncomingCallStopRinging', 'IncomingCallConnected', 'IncomingCallCompleted'].map(type => ({
    name: `${type} of the extension that was dialed`,
    webhooks: `OutgoingCall(101) > ${type}(105)`,
    parties: { to: '105' },
    expected: { direction: 'internal', clientNumber: null, clientName: null }
  })),
  {
    name: 'a leg of another extension is no evidence: the call to 911 was transferred',
    webhooks: 'OutgoingCall(101) > OutgoingCallConnected(101) > IncomingCallRinging(105) > IncomingCallConnected(105)',
    parties: { to: '911' },
    expected: { direction: 'outbound', clientNumber: '911' }
  },
  {
    name: 'a colleague whose leg a contact-center account reports as outgoing',
    webhooks:
      'OutgoingCall(101) > OutgoingCallAgentDialing(101) > OutgoingCallAgentDialing(105) > ' +
      'OutgoingCallAgentConnected(105)',
    parties: { to: '105' },
    expected: { direction: 'internal', clientNumber: null, answeredBy: '105' }
  },
  {
    name: 'REST names only extensions',
    webhooks: 'OutgoingCall(101) > OutgoingCallCompleted(101)',
    parties: { to: '105' },
    reports: [{ direction: 'internal', parties: [{ extension: '101', role: 'caller' }, { extension: '105' }] }],
    expected: { direction: 'internal', clientNumber: null }
  },
  {
    name: 'REST names the dialed extension among the called parties',
    webhooks: 'OutgoingCall(101) > OutgoingCallCompleted(101)',
    parties: { to: '105' },
    reports: [{ direction: 'outbound', parties: [{ extension: '101', role: 'caller' }, { extension: '105' }] }],
    expected: { direction: 'internal', clientNumber: null }
  },
  {
    name: 'the leg of the colleague shows it when the event of the caller was lost',
    webhooks:
      'IncomingCallRinging(105) > IncomingCallConnected(105) > IncomingCallCompleted(105) > OutgoingCallCompleted',
    parties: { from: '+15550347567', to: '105' },
    expected: { direction: 'internal', businessNumber: '+15550347567', clientNumber: null, answeredBy: '105' }
  },
  {
    name: 'only legs of the colleague were received',
    webhooks: 'IncomingCallRinging(105) > IncomingCallConnected(105)',
    parties: { from: '+15550347567', to: '105' },
    expected: { direction: 'internal', businessNumber: '+15550347567', clientNumber: null }
  },
  {
    name: 'a call from outside to an extension has a client',
    webhooks: 'IncomingCall > IncomingCallRinging(105)',
    parties: { to: '105' },
    expected: { direction: 'inbound', clientNumber: '+15559371200' }
  }
])

check('a leg whose first event was lost counts', [
  {
    name: 'only the end of the ringing',
    webhooks: 'IncomingCall > IncomingCallStopRinging(101) > IncomingCallCompleted',
    expected: { outcome: 'missed', answeredBy: null },
    legs: ['101:-/-/10 unanswered']
  },
  {
    name: 'only the end of the leg',
    webhooks: 'IncomingCall > IncomingCallCompleted(101) > IncomingCallCompleted',
    expected: { outcome: 'missed' },
    legs: ['101:-/-/10 unanswered']
  },
  {
    name: 'the end of the ringing and that of the leg are one attempt',
    webhooks: 'IncomingCall > IncomingCallStopRinging(101) > IncomingCallCompleted(101) > IncomingCallCompleted',
    expected: { outcome: 'missed' },
    legs: ['101:-/-/10 unanswered']
  },
  {
    name: 'the end of the ringing of an extension that is not named',
    webhooks: 'IncomingCall > IncomingStopRinging > IncomingCallCompleted',
    expected: { outcome: 'missed' },
    legs: [':-/-/10 unanswered']
  },
  {
    name: 'the end of the leg of an agent that a contact-center account does not name',
    webhooks: 'IncomingCall > IncomingCallAgentCompleted > IncomingCallCompleted',
    expected: { outcome: 'missed' },
    legs: [':-/-/10 unanswered']
  },
  {
    name: 'the end of the leg of an agent of a contact-center account',
    webhooks: 'IncomingCall > IncomingCallAgentCompleted(101) > IncomingCallCompleted',
    expected: { outcome: 'missed' },
    legs: ['101:-/-/10 unanswered']
  },
  {
    name: 'a callback',
    webhooks: 'CallbackCall > CallbackCallStopRinging(104) > CallbackCallCompleted',
    expected: { direction: 'callback', outcome: 'unanswered' },
    legs: ['104:-/-/10 unanswered']
  },
  {
    name: 'the caller of an outgoing call',
    webhooks: 'OutgoingCallCompleted(101)@30',
    expected: { direction: 'outbound', outcome: 'unanswered' },
    legs: ['*101:-/-/30 unanswered']
  },
  {
    name: 'a phone that is answered after its ringing was lost',
    webhooks:
      'IncomingCall > IncomingCallStopRinging(101)@10 > IncomingCallConnected(101)@11 > IncomingCallCompleted@30',
    expected: { outcome: 'answered', answeredBy: '101', talkSeconds: 19 },
    legs: ['101:-/11/30 answered']
  },
  {
    name: 'a phone that rang again after its conversation',
    webhooks:
      'IncomingCall > IncomingCallConnected(101)@5 > IncomingCallCompleted(101)@15 > ' +
      'IncomingCallStopRinging(101)@40 > IncomingCallCompleted@40',
    expected: { outcome: 'answered', lostInTransfer: true },
    legs: ['101:-/5/15 answered', '101:-/-/40 unanswered']
  },
  {
    name: 'the phone that answers in a ring group stops ringing later, and has no further attempt',
    webhooks:
      'IncomingCall > IncomingCallRinging(101)@2 > IncomingCallConnected(101)@8 > IncomingCallStopRinging(101)@9',
    expected: { state: 'connected' },
    legs: ['101:2/8/- answered']
  }
])

const HANDED_OVER =
  'IncomingCall > IncomingCallRinging(101)@10 > IncomingCallRinging(102)@60 > IncomingCallCompleted(101)@70 > ' +
  'IncomingCallConnected(102)@75 > IncomingCallCompleted(102)@110 > IncomingCallCompleted@110'
const BOTH: Party[] = [
  { extension: '101', connected: true, first: true },
  { extension: '102', connected: true }
]

check('the first answer is not replaced by the first one with a time', [
  {
    name: 'without REST the lost answer is not known',
    webhooks: HANDED_OVER,
    expected: { answeredBy: '102', answeredAt: 75 }
  },
  {
    name: 'REST names the first extension, and the time of its answer is unknown',
    webhooks: HANDED_OVER,
    reports: [{ status: 'connected', parties: BOTH }],
    expected: { answeredBy: '101', answeredAt: null, waitSeconds: null, talkSeconds: null, outcome: 'answered' },
    legs: ['101:10/-/70 answered', '102:60/75/110 answered']
  },
  {
    name: 'the recording began with the first answer',
    webhooks: HANDED_OVER,
    reports: [
      { status: 'connected', parties: BOTH },
      { route: 'journal', status: 'connected', recordingSeconds: 95 }
    ],
    expected: { answeredBy: '101', answeredAt: 15, waitSeconds: 15, talkSeconds: 90 },
    legs: ['101:10/15/70 answered', '102:60/75/110 answered']
  },
  {
    name: 'a recording that began after the leg had ended does not date its answer',
    webhooks: HANDED_OVER,
    reports: [
      { status: 'connected', parties: BOTH },
      { route: 'journal', status: 'connected', recordingSeconds: 35 }
    ],
    expected: { answeredBy: '101', answeredAt: null, waitSeconds: null }
  },
  {
    name: 'all events of the first extension were lost',
    webhooks: 'IncomingCall > IncomingCallRinging(102)@60 > IncomingCallConnected(102)@75 > IncomingCallCompleted@110',
    reports: [{ status: 'connected', parties: BOTH }],
    expected: { answeredBy: '101', answeredAt: null, waitSeconds: null, talkSeconds: null }
  },
  {
    name: 'an extension that rang after another had answered was not the first',
    webhooks:
      'IncomingCall > IncomingCallRinging(102)@5 > IncomingCallConnected(102)@10 > IncomingCallRinging(101)@60 > ' +
      'IncomingCallCompleted(101)@80 > IncomingCallCompleted@80',
    reports: [{ status: 'connected', parties: BOTH }],
    expected: { answeredBy: '102', answeredAt: 10, waitSeconds: 10 }
  },
  {
    name: 'the first extension answered again after a transfer back',
    webhooks:
      'IncomingCall > IncomingCallRinging(101)@10 > IncomingCallCompleted(101)@80 > IncomingCallRinging(102)@81 > ' +
      'IncomingCallConnected(102)@95 > IncomingCallCompleted(102)@140 > IncomingCallRinging(101)@146 > ' +
      'IncomingCallConnected(101)@150 > IncomingCallCompleted@200',
    reports: [
      { status: 'connected', parties: BOTH },
      { route: 'journal', status: 'connected', recordingSeconds: 185 }
    ],
    expected: { answeredBy: '101', answeredAt: 15, waitSeconds: 15, talkSeconds: 160 },
    legs: ['101:10/15/80 answered', '102:81/95/140 answered', '101:146/150/200 answered']
  },
  {
    name: 'the answers that webhooks reported are ordered by their times',
    webhooks:
      'IncomingCall > IncomingCallConnected(102)@10 > IncomingCallConnected(101)@20 > ' +
      'IncomingCallCompleted(102)@30 > IncomingCallCompleted@40',
    reports: [{ status: 'connected', parties: BOTH }],
    expected: { answeredBy: '102', answeredAt: 10, talkSeconds: 30 }
  },
  {
    name: 'the phone that answered stopped ringing, which is not the end of the conversation',
    webhooks: 'IncomingCall > IncomingCallRinging(101)@10 > IncomingCallStopRinging(101)@20 > IncomingCallCompleted@70',
    reports: [
      { status: 'connected', parties: [{ extension: '101', connected: true, first: true }] },
      { route: 'journal', status: 'connected', recordingSeconds: 50 }
    ],
    expected: { answeredBy: '101', answeredAt: 20, talkSeconds: 50 },
    legs: ['101:10/20/70 answered']
  },
  {
    name: 'a callback',
    webhooks:
      'CallbackCall > CallbackCallRinging(101)@10 > IncomingCallRinging(102)@60 > CallbackCallCompleted(101)@70 > ' +
      'IncomingCallConnected(102)@75 > IncomingCallCompleted(102)@110 > CallbackCallCompleted@110',
    reports: [{ direction: 'callback', status: 'connected', parties: BOTH }],
    expected: { direction: 'callback', answeredBy: '101', answeredAt: null, waitSeconds: null }
  },
  {
    name: 'an outbound call that was transferred',
    webhooks:
      'OutgoingCall(101) > IncomingCallRinging(102)@60 > OutgoingCallCompleted(101)@70 > ' +
      'IncomingCallConnected(102)@75 > IncomingCallCompleted(102)@110 > OutgoingCallCompleted@110',
    reports: [
      {
        direction: 'outbound',
        status: 'connected',
        parties: [{ extension: '101', role: 'caller', connected: true, first: true }]
      }
    ],
    expected: { answeredBy: '101', answeredAt: null, waitSeconds: null }
  },
  {
    name: 'REST reports an answer and no extension',
    webhooks: 'IncomingCall > IncomingCallRinging(101)@10 > IncomingCallCompleted@70',
    reports: [{ status: 'connected' }],
    expected: { outcome: 'answered', answeredAt: null, waitSeconds: null, talkSeconds: null }
  }
])

check('the duration of a contact-center call', [
  {
    name: 'together with a recording, it shows an answer',
    webhooks: 'OutgoingCall@0 > OutgoingCallCompleted@130',
    duration: 125,
    expected: { outcome: 'answered', answeredAt: 5, waitSeconds: 5, talkSeconds: 125, answeredBy: null, startedAt: 0 },
    legs: ['*:-/5/130 answered']
  },
  {
    name: 'the leg is that of the caller',
    webhooks: 'OutgoingCall(101)@0 > OutgoingCallCompleted(101)@130',
    duration: 125,
    expected: { outcome: 'answered', answeredBy: '101', talkSeconds: 125 },
    legs: ['*101:0/5/130 answered']
  },
  {
    name: 'the leg is that of the only extension that rang',
    webhooks: 'IncomingCall > IncomingCallRinging(101)@4 > IncomingCallStopRinging(101)@10 > IncomingCallCompleted@60',
    duration: 50,
    expected: { outcome: 'answered', answeredBy: '101', answeredAt: 10, waitSeconds: 10, talkSeconds: 50 },
    legs: ['101:4/10/60 answered']
  },
  {
    name: 'of several extensions it is unknown which one answered',
    webhooks: 'IncomingCall > IncomingCallRinging(101)@4 > IncomingCallRinging(102)@4 > IncomingCallCompleted@60',
    duration: 50,
    expected: { outcome: 'answered', answeredBy: null, answeredAt: 10 },
    legs: ['101:4/-/60 unanswered', '102:4/-/60 unanswered', ':-/10/60 answered']
  },
  {
    name: 'the leg is that of the agent whose duration it is',
    webhooks:
      'IncomingCall > IncomingCallAgentRinging(101)@4 > IncomingCallAgentRinging(102)@4 > IncomingCallCompleted@60 > ' +
      'IncomingCallAgentCompleted(102)@60',
    duration: 50,
    expected: { outcome: 'answered', answeredBy: '102', answeredAt: 10, talkSeconds: 50 },
    legs: ['101:4/-/60 unanswered', '102:4/10/60 answered']
  },
  {
    name: 'a callback',
    webhooks: 'CallbackCall > CallbackCallRinging(104)@4 > CallbackCallCompleted@60',
    duration: 50,
    expected: { direction: 'callback', outcome: 'answered', answeredBy: '104', talkSeconds: 50 }
  },
  {
    name: 'an internal call',
    webhooks: 'OutgoingCall(101) > IncomingCallRinging(105)@4 > OutgoingCallCompleted@60',
    parties: { to: '105' },
    duration: 50,
    expected: { direction: 'internal', outcome: 'answered', answeredBy: '105', talkSeconds: 50 },
    legs: ['*101:0/10/60 answered', '105:4/10/60 answered']
  },
  {
    name: 'without a recording it does not show an answer',
    webhooks: 'OutgoingCall(101)@0 > OutgoingCallCompleted(101)@130',
    duration: 125,
    recorded: false,
    expected: { outcome: 'unanswered', answeredAt: null, talkSeconds: null, waitSeconds: 130 }
  },
  {
    name: 'zero does not show an answer',
    webhooks: 'IncomingCall > IncomingCallCompleted@30',
    duration: 0,
    expected: { outcome: 'abandoned', waitSeconds: 30 }
  },
  {
    name: 'when it is as long as the call, the time of the answer is unknown',
    webhooks: 'OutgoingCall(101)@0 > OutgoingCallCompleted(101)@130',
    duration: 130,
    expected: { outcome: 'answered', answeredBy: '101', answeredAt: null, waitSeconds: null, talkSeconds: null }
  },
  {
    name: 'an answer that a webhook reported is not changed',
    webhooks: 'OutgoingCall(101)@0 > OutgoingCallConnected(101)@20 > OutgoingCallCompleted(101)@130',
    duration: 125,
    expected: { answeredAt: 20, waitSeconds: 20, talkSeconds: 110 }
  },
  {
    name: 'it dates the start when nothing else is known',
    webhooks: 'IncomingCallCompleted@130',
    duration: 125,
    recorded: false,
    expected: { outcome: 'abandoned', startedAt: 5, waitSeconds: 125 }
  },
  {
    name: 'with a recording, a call of which nothing else is known was answered, and its wait is unknown',
    webhooks: 'IncomingCallCompleted@130',
    duration: 125,
    expected: { outcome: 'answered', startedAt: 5, waitSeconds: null, talkSeconds: 125 }
  },
  {
    name: 'it does not date the start of a call whose start is known',
    webhooks: 'IncomingCall@100 > IncomingCallCompleted@130',
    duration: 125,
    recorded: false,
    expected: { startedAt: 100 }
  },
  {
    name: 'a duration of more than a day is a mistake',
    webhooks: 'IncomingCallCompleted@130',
    duration: 86_401,
    expected: { outcome: 'abandoned', startedAt: 130 }
  },
  {
    name: 'REST knows the start better',
    webhooks: 'IncomingCallCompleted@130',
    duration: 125,
    recorded: false,
    reports: [{ status: 'missed', startedAt: new Date(START + 20_000).toISOString(), durationSeconds: 110 }],
    expected: { startedAt: 20, outcome: 'abandoned' }
  },
  ...(['voicemail', 'missed', 'no-answer'] as const).map(status => ({
    name: `REST knows better that nobody answered: ${status}`,
    webhooks: 'IncomingCall > IncomingCallRinging(101)@4 > IncomingCallCompleted@60',
    duration: 50,
    reports: [{ status }],
    expected: { outcome: status === 'voicemail' ? 'voicemail' : 'missed', answeredAt: null }
  })),
  {
    name: 'REST knows better who answered and when',
    webhooks: 'IncomingCall > IncomingCallRinging(101)@4 > IncomingCallRinging(102)@4 > IncomingCallCompleted@60',
    duration: 50,
    reports: [
      { status: 'connected', parties: [{ extension: '102', connected: true, first: true }] },
      { route: 'journal', status: 'connected', recordingSeconds: 52 }
    ],
    expected: { answeredBy: '102', answeredAt: 8, talkSeconds: 52 },
    legs: ['101:4/-/60 unanswered', '102:4/8/60 answered']
  },
  {
    name: 'it dates an answer that REST reports without a time',
    webhooks: 'IncomingCall > IncomingCallRinging(101)@4 > IncomingCallCompleted@60',
    duration: 50,
    reports: [{ status: 'connected', parties: [{ extension: '101', connected: true, first: true }] }],
    expected: { answeredBy: '101', answeredAt: 10, talkSeconds: 50 }
  }
])

check('talk time is the time in which somebody talked', [
  {
    name: 'ringing at nobody after a conversation is no talk',
    webhooks:
      'IncomingCall > IncomingCallRinging(101)@2 > IncomingCallConnected(101)@5 > IncomingCallRinging(102)@14 > ' +
      'IncomingCallCompleted(101)@15 > IncomingCallStopRinging(102)@315 > IncomingCallCompleted@317',
    expected: { talkSeconds: 10, lostInTransfer: true, outcome: 'answered', answeredBy: '101' }
  },
  {
    name: 'a phone that rings until the client gives up',
    webhooks:
      'IncomingCall > IncomingCallConnected(101)@5 > IncomingCallCompleted(101)@15 > IncomingCallRinging(102)@15 > ' +
      'IncomingCallCompleted@40',
    expected: { talkSeconds: 10, lostInTransfer: true }
  },
  {
    name: 'two phones ring after a conversation and nobody answers',
    webhooks:
      'IncomingCall > IncomingCallConnected(101)@5 > IncomingCallRinging(102)@14 > IncomingCallCompleted(101)@15 > ' +
      'IncomingCallStopRinging(102)@30 > IncomingCallRinging(103)@30 > IncomingCallStopRinging(103)@50 > ' +
      'IncomingCallCompleted@50',
    expected: { talkSeconds: 10, lostInTransfer: true }
  },
  {
    name: 'the second phone answers',
    webhooks:
      'IncomingCall > IncomingCallConnected(101)@5 > IncomingCallRinging(102)@14 > IncomingCallCompleted(101)@15 > ' +
      'IncomingCallStopRinging(102)@30 > IncomingCallRinging(103)@30 > IncomingCallConnected(103)@40 > ' +
      'IncomingCallCompleted@50',
    expected: { talkSeconds: 20, lostInTransfer: false }
  },
  {
    name: 'conversations that overlap count once',
    webhooks:
      'IncomingCall > IncomingCallConnected(101)@10 > IncomingCallConnected(102)@20 > ' +
      'IncomingCallCompleted(101)@30 > IncomingCallCompleted(102)@50 > IncomingCallCompleted@60',
    expected: { talkSeconds: 40, lostInTransfer: false }
  },
  {
    name: 'when the end of a transferred conversation was lost, the talk is unknown',
    webhooks:
      'IncomingCall > IncomingCallConnected(101)@5 > IncomingCallRinging(102)@100 > IncomingCallConnected(102)@112 > ' +
      'IncomingCallCompleted(102)@200 > IncomingCallCompleted@201',
    expected: { talkSeconds: null, answeredBy: '101', lostInTransfer: false }
  },
  {
    name: 'a colleague who was consulted, and left before the end, did not take the call over',
    webhooks:
      'IncomingCall > IncomingCallConnected(101)@5 > IncomingCallRinging(102)@100 > IncomingCallConnected(102)@112 > ' +
      'IncomingCallCompleted(102)@160 > IncomingCallCompleted@201',
    expected: { talkSeconds: 196, answeredBy: '101', lostInTransfer: false }
  },
  {
    name: 'a lost end does not matter where the next conversation follows without ringing',
    webhooks:
      'IncomingCall > IncomingCallConnected(101)@5 > IncomingCallRinging(102)@100 > IncomingCallConnected(102)@100 > ' +
      'IncomingCallCompleted(102)@201 > IncomingCallCompleted@201',
    expected: { talkSeconds: 196, answeredBy: '101', lostInTransfer: false }
  },
  {
    name: 'a colleague who is consulted and does not answer does not lose the client',
    webhooks:
      'IncomingCall > IncomingCallConnected(101)@5 > IncomingCallRinging(102)@14 > IncomingCallStopRinging(102)@30 > ' +
      'IncomingCallCompleted@60',
    expected: { talkSeconds: 55, lostInTransfer: false }
  },
  {
    name: 'the slower phones of a ring group do not lose the client',
    webhooks:
      'IncomingCall > IncomingCallRinging(101)@2 > IncomingCallRinging(102)@2 > IncomingCallConnected(102)@8 > ' +
      'IncomingCallCompleted(102)@57 > IncomingCallCompleted@58',
    expected: { talkSeconds: 49, lostInTransfer: false }
  },
  {
    name: 'an extension that only REST reports may have rung before the conversation',
    webhooks: 'IncomingCall > IncomingCallConnected(102)@8 > IncomingCallCompleted(102)@57 > IncomingCallCompleted@58',
    reports: [
      { status: 'connected', parties: [{ extension: '102', connected: true, first: true }, { extension: '103' }] }
    ],
    expected: { talkSeconds: 49, lostInTransfer: false }
  },
  {
    name: 'a call that nobody answered was not lost in a transfer',
    webhooks: 'IncomingCall > IncomingCallRinging(101)@2 > IncomingCallStopRinging(101)@30 > IncomingCallCompleted@30',
    expected: { talkSeconds: null, lostInTransfer: false, outcome: 'missed' }
  },
  {
    name: 'an outbound call',
    webhooks:
      'OutgoingCall(101) > OutgoingCallConnected(101)@5 > IncomingCallRinging(105)@14 > ' +
      'OutgoingCallCompleted(101)@15 > IncomingCallStopRinging(105)@40 > OutgoingCallCompleted@40',
    expected: { direction: 'outbound', talkSeconds: 10, lostInTransfer: true }
  },
  {
    name: 'a callback',
    webhooks:
      'CallbackCall > CallbackCallConnected(105)@5 > IncomingCallRinging(101)@14 > CallbackCallCompleted(105)@15 > ' +
      'IncomingCallStopRinging(101)@40 > CallbackCallCompleted@40',
    expected: { direction: 'callback', talkSeconds: 10, lostInTransfer: true }
  },
  {
    name: 'a contact-center account',
    webhooks:
      'IncomingCall > IncomingCallAgentConnected(101)@5 > IncomingCallAgentRinging(102)@14 > ' +
      'IncomingCallAgentCompleted(101)@15 > IncomingCallAgentCompleted(102)@40 > IncomingCallCompleted@40',
    expected: { talkSeconds: 10, lostInTransfer: true }
  },
  {
    name: 'an open call has no talk time yet',
    webhooks:
      'IncomingCall > IncomingCallConnected(101)@5 > IncomingCallCompleted(101)@15 > IncomingCallRinging(102)@15',
    expected: { state: 'ringing', talkSeconds: null, lostInTransfer: false }
  }
])

check('only a possible number can be called back', [
  ...[
    '+266696687',
    '+7378742833',
    '+2562533',
    '+8566696',
    '+86282452253',
    '+1',
    '+0',
    '0000000000',
    '+10000000000',
    '+4420794601231234567',
    '911',
    '020 7946 0123'
  ].map(from => ({
    name: `${from} is shown as the client and cannot be called`,
    webhooks: 'IncomingCall > IncomingCallRinging(101) > IncomingCallStopRinging(101) > IncomingCallCompleted',
    parties: { from },
    expected: { clientNumber: from, clientCallable: false, outcome: 'missed' }
  })),
  ...['+12025550123', '+442079460123', '+4915123456789', '+15559371200'].map(from => ({
    name: `${from} can be called`,
    webhooks: 'IncomingCall > IncomingCallCompleted',
    parties: { from },
    expected: { clientNumber: from, clientCallable: true }
  })),
  {
    name: 'a site widget has no number',
    webhooks: 'IncomingCall > IncomingCallCompleted',
    parties: { from: 'Contact us 24/7' },
    expected: { clientNumber: null, clientCallable: false, clientName: 'Contact us 24/7' }
  },
  {
    name: 'a number that only REST reports',
    webhooks: '',
    reports: [{ status: 'missed', clientNumber: '+266696687', durationSeconds: 30 }],
    expected: { clientNumber: '+266696687', clientCallable: false }
  }
])

t.test('a contact-center call with its duration and recording, as it is posted', async t => {
  const post = (fields: object) =>
    parseNotification(
      { id: 'default', apiKey: null, region: 'US' },
      Buffer.from(JSON.stringify({ CallId: 'c10', From: '+12025550199', To: '+12025550177', ...fields })),
      new Date('2026-11-30T09:03:00.000Z')
    ) as CallEvent // a call type with an id
  const events = [
    post({ EventType: 'OutgoingCall', Timestamp: '2026-11-30T09:00:00.0000000Z' }),
    post({
      EventType: 'OutgoingCallCompleted',
      Timestamp: '2026-11-30T09:02:10.0000000Z',
      CallDuration: '00:02:05',
      RecordingLink: 'https://media.mightycall.com/call-7.mp3'
    })
  ]
  for (const delivered of [events, [...events].reverse(), [...events, ...events]])
    t.match(foldCall(delivered), { outcome: 'answered', talkSeconds: 125, waitSeconds: 5, direction: 'outbound' })
})

t.test('a call at an instant before its only event exists from the start that its duration dates', async t => {
  const events = withDuration(history('IncomingCallCompleted@130'), { duration: 125, recorded: false })
  t.equal(foldCall(events, { asOf: START + 4_000 }), null)
  t.match(foldCall(events, { asOf: START + 60_000 }), { state: 'waiting', startedAt: START + 5_000, endedAt: null })
})
