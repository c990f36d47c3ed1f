import type { AgentShape } from './agents/routes.js'
import type { CallShape } from './calls/schema.js'
import type { MessageShape } from './resources/messages.js'
import type { ThreadShape } from './resources/threads.js'
import type { toMeasures } from './stats/call-stats-shape.js'

const client = { number: '+15559371200', name: 'Maria Lopez' }
const businessNumber = '+15550347567'

const call: CallShape = {
  account: 'default',
  id: '7df52a62-9db2-48cd-9ae4-7dec8203d822',
  direction: 'inbound',
  state: 'ended',
  outcome: 'answered',
  businessNumber,
  client,
  startedAt: '2026-11-23T08:00:00.000Z',
  answeredAt: '2026-11-23T08:00:09.000Z',
  endedAt: '2026-11-23T08:02:14.000Z',
  waitSeconds: 9,
  talkSeconds: 125,
  answeredBy: '101',
  currentExtensions: [],
  lostInTransfer: false,
  stale: false,
  recording: { id: 'f2c5a1d0-6b8e-4a57-9c7e-0d2f1b3a4c5d' },
  legs: [
    {
      extension: '101',
      attempt: 1,
      role: 'agent',
      ringingAt: '2026-11-23T08:00:03.000Z',
      connectedAt: '2026-11-23T08:00:09.000Z',
      endedAt: '2026-11-23T08:02:14.000Z',
      result: 'answered'
    }
  ],
  callback: null,
  sources: { webhook: 4, rest: 1 }
}

const message: MessageShape = {
  account: 'default',
  id: '5f0e7a3b9c1d4e2f8a6b7c8d',
  threadId: '0b9f6f4e-3c1d-5a7b-8e2f-4d6c8b0a1e3f',
  direction: 'inbound',
  businessNumber,
  client,
  text: 'Can you call me back after 3 pm?',
  attachments: [{ n: 1, fileName: 'invoice.pdf', sizeBytes: 48_213, contentType: 'application/pdf' }],
  at: '2026-11-23T08:10:00.000Z',
  state: 'received',
  read: false
}

const thread: ThreadShape = {
  account: 'default',
  id: '0b9f6f4e-3c1d-5a7b-8e2f-4d6c8b0a1e3f',
  businessNumber,
  client,
  lastMessage: message,
  unread: 1
}

const agent: AgentShape = {
  account: 'default',
  extension: '101',
  name: 'Jane Miller',
  status: 'on_call',
  presence: 'available',
  since: '2026-11-23T08:00:09.000Z',
  evidence: 'webhook',
  ageSeconds: 12.5,
  calls: [call.id]
}

const measures: ReturnType<typeof toMeasures> = {
  calls: 42,
  inbound: 30,
  answered: 24,
  missed: 3,
  abandoned: 1,
  voicemail: 2,
  other: 0,
  waiting: 0,
  unresolved: 0,
  inProgress: 0,
  dropped: 2,
  left: 4,
  lostInTransfer: 1,
  transferred: 3,
  callers: 26,
  repeatCallers: 5,
  outbound: 9,
  outboundAnswered: 6,
  callback: 0,
  internal: 1,
  answerRate: 0.8,
  abandonmentRate: 0.133,
  serviceLevel: 0.75,
  transferRate: 0.125,
  repeatCallerRate: 0.192,
  connectRate: 0.667,
  wait: { totalSeconds: 341, averageSeconds: 14.2, p50Seconds: 11, p95Seconds: 38.5 },
  waitOfLeft: { totalSeconds: 96, averageSeconds: 24, p50Seconds: 22, p95Seconds: 40.3 },
  longestWaitSeconds: 43,
  averageSpeedOfAnswerSeconds: 14.2,
  talk: { totalSeconds: 5_120, averageSeconds: 170.7, p50Seconds: 142, p95Seconds: 405 },
  averageHandleTimeSeconds: 170.7,
  returns: { needed: 7, returned: 5, returnedInTime: 4, rate: 0.571, medianMinutes: 18.5 }
}

/** An example of the main schemas of the OpenAPI document, by the name of the schema. A test validates each of them. */
export const EXAMPLES: Readonly<Record<string, object>> = {
  Agent: agent,
  Call: call,
  CallStatisticsReport: {
    timeZone: 'America/New_York',
    since: '2026-11-23T05:00:00.000Z',
    until: '2026-11-24T05:00:00.000Z',
    data: [{ start: '2026-11-23T05:00:00.000Z', group: null, ...measures }],
    totals: [{ group: null, ...measures }]
  },
  Error: {
    statusCode: 401,
    code: 'MCS_UNAUTHORIZED',
    error: 'Unauthorized',
    message: 'send "Authorization: Bearer <API key>"'
  },
  LiveEvent: { id: '42', event: 'agent', data: { revision: 42, object: agent } },
  Message: message,
  Number: {
    account: 'default',
    id: '6a1f8f0e-4a35-4c1f-9d3e-2b7c5d8e9f01',
    number: businessNumber,
    label: 'Main line',
    smsEnabled: true,
    active: true,
    organization: { id: '3d2c1b0a-9f8e-4d7c-8b6a-5f4e3d2c1b0a', name: 'Acme Support' }
  },
  Thread: thread,
  Voicemail: {
    account: 'default',
    id: '9c7e0d2f1b3a4c5d6e7f8091',
    callId: 'd1e2f3a4-b5c6-4d7e-8f90-a1b2c3d4e5f6',
    businessNumber,
    client,
    at: '2026-11-23T09:15:00.000Z',
    durationSeconds: 31,
    transcript: { state: 'ready', text: 'Hello, this is Maria Lopez. Please call me back.' },
    read: false,
    recording: { id: '4c5d6e7f-8091-4a2b-8c3d-4e5f60718293' },
    removedAt: null
  }
}
