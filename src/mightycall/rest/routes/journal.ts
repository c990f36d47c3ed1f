import Type from 'typebox'
import { count, flag, guid, instant, nullish, oneOf, text, texts, timeSpan } from '../fields.js'
import { choice, commaSeparated, e164, id, page, pageSize, query, utcInstant } from '../parameters.js'
import { route } from '../route.js'

// Source: MightyCall API v4, Journal. Unlike /calls, it has agents, transcripts, messages, and read flags.

const availability = oneOf('Unknown', 'Available', 'NotAvailable')

const agent = Type.Object({
  id: text(),
  groupId: text(),
  // TransferReceiver occurs in contact-center accounts only
  agentRole: oneOf('NotDialed', 'CallOwner', 'Consultant', 'VoiceMailReceiver', 'TransferReceiver'),
  name: text(),
  extension: text(),
  forwardingNumber: text(),
  phone: text(),
  role: text(),
  email: text(),
  type: oneOf(
    'User',
    'Multiple',
    'UnnamedGroup',
    'Queue',
    'CallbackQueue',
    'NamedGroup',
    'ExternalNumber',
    'voiceMailBox'
  )
})

const recording = Type.Object({
  recordingId: text(),
  duration: timeSpan(),
  flag: oneOf('None', 'Hidden', 'Public', 'Lost'),
  status: oneOf('Unknown', 'Recorded', 'NoPartyConnected', 'NotConfigured', 'NotAvailable', 'LostDuringFailover'),
  link: text(),
  availability
})

const voicemail = Type.Object({
  duration: timeSpan(),
  text: text(),
  speechRecognitionStatus: oneOf('Unknown', 'NotPerformed', 'SilenceOrNoSpeech', 'Success', 'Error'),
  assignee: nullish(agent),
  recording: nullish(recording),
  availability,
  whenRemoved: instant(),
  whoRemovedName: text(),
  removedByUserGuid: guid()
})

const client = Type.Object({
  address: text(),
  type: oneOf('PhoneNumber', 'Widget'),
  widgetName: text(),
  endpoint: text(),
  callerKind: oneOf('Default', 'VIP', 'Blocked'),
  resolvedContacts: Type.Optional(Type.Unknown()),
  resolvedExternalContacts: Type.Optional(Type.Unknown()),
  latestResolvedExternalContact: Type.Optional(Type.Unknown())
})

const attachment = Type.Object({
  link: text(),
  fileName: text(),
  fileSize: count(),
  isImage: flag(),
  isSupportedFormat: flag(),
  isStorageExpired: flag()
})

const requestShape = Type.Object({
  id: Type.String({ minLength: 1 }),
  requestGuid: guid(),
  state: oneOf('Missed', 'Connected', 'VoiceMail', 'Dropped', 'NoAnswer', 'Scheduled', 'Message'),
  type: oneOf(
    'Call',
    'VoiceMail',
    'Message',
    'MessageThread',
    'Task',
    'CallbackRequest',
    'Service',
    'Default',
    'Unspecified'
  ),
  origin: oneOf('Unspecified', 'Inbound', 'Outbound', 'Callback', 'Internal'),
  client: nullish(client),
  created: instant(),
  respondedAt: instant(),
  businessNumber: nullish(Type.Object({ number: text(), label: text() })),
  businessNumbersCount: count(),
  agent: nullish(agent),
  users: nullish(Type.Array(agent)),
  comment: text(),
  favorite: flag(),
  tags: texts(),
  textModel: nullish(Type.Object({ text: text(), availability })),
  text: text(),
  duration: timeSpan(),
  voicemail: nullish(voicemail),
  recording: nullish(recording),
  messageDeliveryStatus: oneOf('Unspecified', 'NotSent', 'Sent'),
  attachments: nullish(Type.Array(attachment)),
  read: flag(),
  wfstate: nullish(Type.Object({ state: oneOf('Open', 'Finished', 'Resolved') })),
  inConversation: flag(),
  availability
})

const detail = { resolveContacts: Type.Boolean(), showExternalContacts: Type.Boolean(), showUsers: Type.Boolean() }

/** Unknown parameters are refused, not ignored. */
const journalQuery = query({
  ...detail,
  pageSize: pageSize(),
  page: page(),
  reverse: Type.Boolean(),
  origin: commaSeparated(choice('Inbound', 'Outbound', 'Callback', 'Internal', 'All')),
  state: commaSeparated(
    choice('Missed', 'Connected', 'VoiceMail', 'Dropped', 'NoAnswer', 'Scheduled', 'Message', 'All')
  ),
  type: commaSeparated(
    choice('Call', 'VoiceMail', 'Message', 'MessageThread', 'Task', 'CallbackRequest', 'Service', 'Default', 'All')
  ),
  earliest: utcInstant(),
  latest: utcInstant(),
  from: utcInstant(),
  to: utcInstant(),
  phone: commaSeparated(e164()),
  businessNumber: withoutPlus()
})

/** The journal, which contact-center accounts call communications. */
export const journal = route({
  path: '/journal/requests',
  contactCenter: '/contactCenter/communications',
  input: Type.Object({ query: journalQuery }),
  response: Type.Object({ requests: Type.Array(requestShape), currentPage: count(), errorInfo: text() }),
  list: 'requests'
})

export const journalRequest = route({
  path: '/journal/requests/{id}',
  contactCenter: null,
  input: Type.Object({ path: Type.Object({ id: id() }), query: Type.Optional(query(detail)) }),
  response: requestShape
})

/** A list of numbers in E.164, encoded without the plus, as the filter requires. */
function withoutPlus() {
  return Type.Codec(Type.String({ pattern: '^\\d+(?:,\\d+)*$' }))
    .Decode(text => text.split(',').map(number => `+${number}`))
    .Encode(numbers => numbers.map(number => number.replace(/^\+/, '')).join(','))
}
