import t from 'tap'
import { journal } from '../../../../src/mightycall/rest/routes/journal.js'
import { agentFact } from '../../../../src/reconcile/routes/extensions.js'
import { journalCall } from '../../../../src/reconcile/routes/journal/calls.js'
import { messageFact } from '../../../../src/reconcile/routes/journal/messages.js'
import { kindOf } from '../../../../src/reconcile/routes/journal/rows.js'
import { DOCUMENTED_RESPONSES } from '../../../support/documented-responses.js'
import { COMMON_FIELDS, rowOf, validFact } from '../../support/parsed-rows.js'

const documented = (DOCUMENTED_RESPONSES['GET /api/journal/requests'] as { requests: Record<string, unknown>[] })
  .requests[0]
const read = (row: unknown) => rowOf(journal, row, answer => answer.requests[0])
const callOf = (row: object) => journalCall(...read({ id: 'r', type: 'call', ...row }))

t.test('the documented row reports a call and a voicemail without their ids', async t => {
  const { callId, call, voicemail } = callOf(documented ?? {})
  const parties = { businessNumber: '+15557775533', clientNumber: '+15557775566', clientName: null }
  t.equal(callId, null, 'a nil requestGuid is not an id')
  t.strictSame(validFact({ ...call, callId: 'c' }), {
    ...COMMON_FIELDS,
    type: 'call.reported',
    route: 'journal',
    direction: 'inbound',
    status: 'connected',
    ...parties,
    startedAt: '2019-07-05T09:08:56.831Z',
    durationSeconds: 80,
    parties: [{ extension: '101', name: 'Ann Lee', role: 'called', connected: true, first: true }],
    recordingId: 'r',
    recordingLink: null,
    recordingSeconds: 32,
    callId: 'c'
  })
  t.ok(voicemail)
  t.strictSame(voicemail && validFact({ ...voicemail, callId: null, voicemailId: 'v' }), {
    ...COMMON_FIELDS,
    type: 'voicemail.reported',
    route: 'journal',
    ...parties,
    leftAt: null,
    durationSeconds: 32,
    assignedTo: 'Ann Lee',
    read: false,
    transcriptState: 'ready',
    transcriptText: 'hello',
    recordingId: 'r',
    recordingLink: null,
    removedAt: null,
    callId: null,
    voicemailId: 'v'
  })
  t.notMatch(JSON.stringify([call.raw, voicemail?.raw]), /resolvedContacts/)
})

for (const { row, expected } of [
  {
    row: { requestGuid: '7E734DC1-544D-4F04-8CCC-8BD5B197A88C' },
    expected: { callId: '7e734dc1-544d-4f04-8ccc-8bd5b197a88c' }
  },
  {
    row: { origin: 'outbound', state: 'noAnswer' },
    expected: { call: { direction: 'outbound', status: 'no-answer' } }
  },
  { row: { origin: 'outbound', state: 'missed' }, expected: { call: { status: 'no-answer' } } },
  { row: { origin: 'Inbound', state: 'Missed' }, expected: { call: { direction: 'inbound', status: 'missed' } } },
  { row: { origin: 'inbound', state: 'voiceMail' }, expected: { call: { status: 'voicemail' }, voicemail: null } },
  { row: { origin: 'unspecified', state: 'dropped' }, expected: { call: { direction: null, status: 'dropped' } } },
  { row: { type: 'callbackRequest', origin: 'inbound' }, expected: { call: { direction: 'callback' } } },
  { row: { agent: { extension: '101', groupId: 'g-1' } }, expected: { call: { groupId: 'g-1' } } },
  {
    row: { agent: { extension: '101', groupId: 'g-1' }, users: [{ id: 'q-1', type: 'queue', name: 'Sales' }] },
    expected: { call: { groupId: 'q-1' } }
  },
  {
    row: { agent: { id: 'a', type: 'namedGroup', groupId: 'g-2' }, users: [{ extension: '101' }] },
    expected: { call: { groupId: 'g-2' } }
  },
  {
    row: { agent: { extension: '101', groupId: '00000000-0000-0000-0000-000000000000' } },
    expected: { call: { groupId: undefined } }
  },
  {
    row: { client: { address: 'Shop page', type: 'widget' } },
    expected: { call: { clientNumber: null, clientName: 'Shop page' } }
  },
  {
    row: {
      client: { address: '5557775566', resolvedContacts: [{ firstName: 'Jane', patronymic: '', lastName: 'Doe' }] }
    },
    expected: { call: { clientNumber: '+15557775566', clientName: 'Jane Doe' } }
  },
  {
    row: {
      origin: 'internal',
      state: 'connected',
      agent: { extension: '101', agentRole: 'callOwner' },
      users: [{ extension: '102', agentRole: 'consultant' }]
    },
    expected: {
      call: {
        parties: [
          { extension: '101', role: 'caller', connected: true, first: false },
          { extension: '102', role: 'called', connected: true, first: false }
        ]
      }
    }
  },
  {
    row: {
      state: 'missed',
      agent: { extension: '101', agentRole: 'NotDialed' },
      users: [{ extension: '900', type: 'Queue' }]
    },
    expected: { call: { parties: [] } }
  },
  {
    row: { recording: { recordingId: 'x', status: 'notAvailable', link: 'https://a.mightycall.com/x' } },
    expected: { call: { recordingId: null, recordingLink: null } }
  },
  {
    row: { recording: { recordingId: 'x', status: 'recorded', link: 'https://a.mightycall.com/x?sig=SECRET' } },
    expected: { call: { recordingId: 'x', recordingLink: 'https://a.mightycall.com/x' } }
  },
  {
    row: {
      duration: '1.00:00:01',
      voicemail: { speechRecognitionStatus: 'silenceOrNoSpeech', whenRemoved: '2026-11-23T08:00:00Z' }
    },
    expected: {
      call: { durationSeconds: 86_401 },
      voicemail: { transcriptState: 'silence', removedAt: '2026-11-23T08:00:00.000Z' }
    }
  }
]) {
  t.test(`a call is parsed from the row ${JSON.stringify(row)}`, async t => {
    t.match(callOf(row), expected)
  })
}

for (const { row, kind } of [
  { row: { type: 'message' }, kind: 'message' },
  { row: { type: 'messageThread' }, kind: null },
  { row: { type: 'task' }, kind: null },
  { row: { type: 'voicemail' }, kind: 'call' },
  { row: { type: 'callbackRequest', state: 'scheduled' }, kind: null },
  { row: { type: 'callbackRequest', state: 'connected' }, kind: 'call' },
  { row: { type: 'hologram', state: 'message' }, kind: 'message' },
  { row: { state: 'missed' }, kind: 'call' },
  { row: {}, kind: null }
]) {
  t.test(`the kind of the row ${JSON.stringify(row)} is ${kind}`, async t => {
    t.equal(kindOf(read({ id: 'r', ...row })[0]), kind)
  })
}

const EMPTY_MESSAGE = {
  ...COMMON_FIELDS,
  type: 'message.reported',
  messageId: 'm',
  route: 'journal',
  direction: null,
  businessNumber: null,
  clientNumber: null,
  clientName: null,
  extension: null,
  text: null,
  attachments: [],
  sentAt: null,
  delivery: null,
  read: null,
  removedAt: null
}

for (const { name, row, fact } of [
  { name: 'without any fields', row: { id: 'm' }, fact: EMPTY_MESSAGE },
  {
    name: 'from a client',
    row: {
      id: 'm',
      origin: 'inbound',
      client: { address: '+15557775566' },
      businessNumber: { number: '+15557775533' },
      text: ' hi\n',
      created: '2026-11-23T08:00:00',
      read: false,
      messageDeliveryStatus: 'unspecified',
      agent: { extension: '101' }
    },
    fact: {
      ...EMPTY_MESSAGE,
      direction: 'inbound',
      businessNumber: '+15557775533',
      clientNumber: '+15557775566',
      text: ' hi\n',
      sentAt: '2026-11-23T08:00:00.000Z',
      read: false
    }
  },
  {
    name: 'to a client that was not sent',
    row: {
      id: 'm',
      origin: 'outbound',
      textModel: { text: 'hi' },
      messageDeliveryStatus: 'NotSent',
      agent: { extension: '101' },
      attachments: [{ fileName: 'A.JPG', fileSize: 7, link: 'https://x/?sig=1' }, { fileSize: -1 }]
    },
    fact: {
      ...EMPTY_MESSAGE,
      direction: 'outbound',
      extension: '101',
      text: 'hi',
      delivery: 'not-sent',
      attachments: [
        { fileName: 'A.JPG', sizeBytes: 7, contentType: 'image/jpeg' },
        { fileName: null, sizeBytes: null, contentType: null }
      ]
    }
  },
  {
    name: 'that was removed',
    row: { id: 'm', availability: 'notAvailable' },
    fact: { ...EMPTY_MESSAGE, removed: true }
  },
  {
    name: 'whose text was removed',
    row: { id: 'm', textModel: { text: null, availability: 'NotAvailable' } },
    fact: { ...EMPTY_MESSAGE, removed: true }
  },
  { name: 'with an id that is too long is ignored', row: { id: 'm'.repeat(101) }, fact: null }
]) {
  t.test(`a message ${name}`, async t => {
    t.strictSame(validFact(messageFact(...read(row))), fact)
  })
}

t.test('an agent is an extension, and a queue is not', async t => {
  const agent = (row: object) => {
    const [parsed, source] = read({ id: 'r', agent: row })
    return validFact(parsed.agent ? agentFact(parsed.agent, source) : null)
  }
  t.strictSame(agent({ id: 'u', extension: '101', name: 'Ann', email: 'a@example.com', role: 'agent', type: 'user' }), {
    ...COMMON_FIELDS,
    type: 'extension.reported',
    extension: '101',
    route: 'journal',
    name: 'Ann',
    email: 'a@example.com',
    role: 'agent',
    externalId: 'u'
  })
  for (const invalid of [{ extension: '900', type: 'queue' }, { name: 'Ann' }, { extension: '9'.repeat(101) }])
    t.equal(agent(invalid), null)
})
