import t from 'tap'
import { randomId } from '../../../src/events/identity.js'
import { calls } from '../../../src/mightycall/rest/routes/calls.js'
import { foldCall } from '../../../src/project/models/calls/fold.js'
import { callFact } from '../../../src/reconcile/routes/calls.js'
import { DOCUMENTED_RESPONSES } from '../../support/documented-responses.js'
import { COMMON_FIELDS, rowOf, validFact } from '../support/parsed-rows.js'

const documented = (DOCUMENTED_RESPONSES['GET /api/calls'] as { data: { calls: object[] } }).data.calls[0]
const find = (row: unknown) => callFact(...rowOf(calls, row, answer => answer.calls[0]))

const CLIENT = { name: 'Dee Orr', phone: '+15559371200' }
const EMPTY_CALL = {
  ...COMMON_FIELDS,
  type: 'call.reported',
  callId: 'c',
  route: 'calls',
  direction: null,
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
const party = (extension: string, name: string | null, role: string, connected: boolean, first: boolean) => ({
  extension,
  name,
  role,
  connected,
  first
})

for (const { name, row, fact } of [
  {
    name: 'the documented one, between colleagues',
    row: documented,
    fact: {
      ...EMPTY_CALL,
      callId: '7e734dc1-544d-4f04-8ccc-8bd5b197a88c',
      direction: 'internal',
      status: 'connected',
      businessNumber: '+15550152729',
      startedAt: '2018-06-05T13:38:29.522Z',
      durationSeconds: 23.066,
      parties: [
        party('101', 'Ann Lee', 'caller', true, false),
        party('100', 'Bob Ray', 'called', true, true),
        party('102', 'Cy Fox', 'called', false, false)
      ]
    }
  },
  { name: 'one without any fields', row: { id: 'c' }, fact: EMPTY_CALL },
  {
    name: 'an incoming one',
    row: {
      id: 'c',
      direction: 'Incoming',
      caller: CLIENT,
      called: [
        { extension: '101', isConnected: false },
        { extension: '102', isConnected: true, isFirstConnected: true }
      ],
      callStatus: 'Connected',
      callRecord: { uri: 'https://panel.mightycall.com/f/1.wav?recordid=SECRET' }
    },
    fact: {
      ...EMPTY_CALL,
      direction: 'inbound',
      status: 'connected',
      clientNumber: CLIENT.phone,
      clientName: CLIENT.name,
      parties: [party('101', null, 'called', false, false), party('102', null, 'called', true, true)],
      recordingLink: 'https://panel.mightycall.com/f/1.wav'
    }
  },
  {
    name: 'a missed one',
    row: { id: 'c', direction: 'incoming', caller: { phone: '5559371200' }, callStatus: 'missed', duration: '900' },
    fact: { ...EMPTY_CALL, direction: 'inbound', status: 'missed', clientNumber: '+15559371200', durationSeconds: 0.9 }
  },
  {
    name: 'an outgoing one that a colleague joined',
    row: {
      id: 'c',
      direction: 'Outgoing',
      caller: { name: 'Ann', extension: '101' },
      called: [
        { ...CLIENT, isConnected: true, isFirstConnected: true },
        { extension: '102', isConnected: true }
      ],
      callStatus: 'Connected'
    },
    fact: {
      ...EMPTY_CALL,
      direction: 'outbound',
      status: 'connected',
      clientNumber: CLIENT.phone,
      clientName: CLIENT.name,
      parties: [party('101', 'Ann', 'caller', true, true), party('102', null, 'called', true, false)]
    }
  },
  {
    name: 'an outgoing one that was not answered',
    row: {
      id: 'c',
      direction: 'Outgoing',
      caller: { extension: '101' },
      called: [{ phone: '+15559371200', isConnected: false }],
      callStatus: 'Missed'
    },
    fact: {
      ...EMPTY_CALL,
      direction: 'outbound',
      status: 'no-answer',
      clientNumber: '+15559371200',
      parties: [party('101', null, 'caller', false, false)]
    }
  },
  {
    name: 'a callback, whose caller is the client',
    row: {
      id: 'c',
      direction: 'Outgoing',
      caller: CLIENT,
      called: [
        { extension: '101', isConnected: false },
        { name: 'Bob', extension: '102', isConnected: true, isFirstConnected: true }
      ],
      callStatus: 'Connected'
    },
    fact: {
      ...EMPTY_CALL,
      direction: 'callback',
      status: 'connected',
      clientNumber: CLIENT.phone,
      clientName: CLIENT.name,
      parties: [party('101', null, 'called', false, false), party('102', 'Bob', 'called', true, true)]
    }
  },
  {
    name: 'a callback that no agent answered',
    row: {
      id: 'c',
      direction: 'Outgoing',
      caller: { phone: '+15559371200' },
      called: [{ extension: '101', isConnected: false }],
      callStatus: 'Missed'
    },
    fact: {
      ...EMPTY_CALL,
      direction: 'callback',
      status: 'no-answer',
      clientNumber: '+15559371200',
      parties: [party('101', null, 'called', false, false)]
    }
  },
  {
    name: 'an outgoing one without any party but the client who called',
    row: { id: 'c', direction: 'Outgoing', caller: { phone: '+15559371200' } },
    fact: { ...EMPTY_CALL, direction: 'outbound', clientNumber: '+15559371200' }
  },
  {
    name: 'an outgoing one whose caller has only a name, as in the response to makecall',
    row: { id: 'c', direction: 'Outgoing', caller: { name: 'Ann' }, called: [{ phone: '+15559371200' }] },
    fact: { ...EMPTY_CALL, direction: 'outbound', clientNumber: '+15559371200' }
  },
  {
    name: 'one without a direction whose caller is the client',
    row: { id: 'c', caller: CLIENT, called: [{ extension: '101' }] },
    fact: {
      ...EMPTY_CALL,
      clientNumber: CLIENT.phone,
      clientName: CLIENT.name,
      parties: [party('101', null, 'called', false, false)]
    }
  },
  {
    name: 'one from a site widget',
    row: { id: 'c', direction: 'Incoming', caller: { phone: 'Shop page' }, callStatus: 'Voicemail' },
    fact: { ...EMPTY_CALL, direction: 'inbound', status: 'voicemail', clientName: 'Shop page' }
  },
  {
    name: 'one that rang the same agent twice',
    row: {
      id: 'c',
      direction: 'Incoming',
      called: [
        { extension: '101', isConnected: false },
        { name: 'Ann', extension: '101', isConnected: true }
      ]
    },
    fact: { ...EMPTY_CALL, direction: 'inbound', parties: [party('101', 'Ann', 'called', true, true)] }
  },
  { name: 'one with an id that is too long', row: { id: 'c'.repeat(101) }, fact: null }
]) {
  t.test(`a call is parsed: ${name}`, async t => {
    t.strictSame(validFact(find(row)), fact)
  })
}

t.test('a callback that no webhook reported has its client and direction from the list alone', async t => {
  const fact = find({
    id: 'c',
    businessNumber: '+15550100001',
    direction: 'Outgoing',
    caller: CLIENT,
    called: [{ extension: '101', isConnected: true, isFirstConnected: true }],
    dateTimeUtc: '2026-11-23T08:00:00+00:00',
    duration: '60000',
    callStatus: 'Connected'
  })
  if (fact === null) throw new Error('expected a fact')
  const call = foldCall([{ ...fact, id: randomId() }])
  t.match(call, {
    direction: 'callback',
    state: 'ended',
    outcome: 'answered',
    businessNumber: '+15550100001',
    clientNumber: CLIENT.phone,
    clientName: CLIENT.name,
    answeredBy: '101'
  })
})

t.test('the raw row is kept without expiring links and keys, and only while it is small', async t => {
  const row = {
    id: 'c',
    apiKey: 'x',
    caller: { name: 'the-key-of-acme' },
    callRecord: { uri: 'http://localhost/1.wav?recordid=SECRET' },
    note: 'why?'
  }
  t.strictSame(JSON.parse(JSON.stringify(find(row)?.raw)), {
    id: 'c',
    caller: { name: '***************' },
    callRecord: { uri: 'http://localhost/1.wav' },
    note: 'why?'
  })
  t.strictSame(find({ id: 'c', note: 'n'.repeat(9_000) })?.raw, {})
  t.strictSame(find({ id: 'c', note: JSON.parse(`${'['.repeat(90)}${']'.repeat(90)}`) })?.raw, {})
})
