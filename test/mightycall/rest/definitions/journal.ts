import Type from 'typebox'
import { contact } from './contact.js'
import {
  asText,
  CENTER,
  CLASSIC,
  clock,
  closed,
  commas,
  type Definition,
  eitherCase,
  flag,
  guid,
  instant,
  maybe,
  objectId,
  one,
  phone,
  text,
  whole
} from './definition.js'
import { coded, malformedFilter } from './general.js'

const availability = maybe(eitherCase('Unknown', 'Available', 'NotAvailable'))

const agent = closed({
  id: maybe(text),
  groupId: maybe(text),
  agentRole: maybe(eitherCase('NotDialed', 'CallOwner', 'Consultant', 'VoiceMailReceiver')),
  name: maybe(text),
  extension: maybe(text),
  forwardingNumber: maybe(text),
  phone: maybe(text),
  role: maybe(Type.Enum(['undefined', 'agent', 'manager', 'admin', 'reseller_user', 'reseller_admin', 'super_admin'])),
  email: maybe(text),
  type: maybe(
    eitherCase(
      'User',
      'Multiple',
      'UnnamedGroup',
      'Queue',
      'CallbackQueue',
      'NamedGroup',
      'ExternalNumber',
      'VoiceMailBox'
    )
  )
})

const recording = closed({
  recordingId: maybe(text),
  duration: maybe(clock),
  flag: maybe(eitherCase('None', 'Hidden', 'Public', 'Lost')),
  status: maybe(
    eitherCase('Unknown', 'Recorded', 'NoPartyConnected', 'NotConfigured', 'NotAvailable', 'LostDuringFailover')
  ),
  link: maybe(text),
  availability
})

const voicemail = closed({
  duration: clock,
  text: maybe(text),
  speechRecognitionStatus: maybe(eitherCase('Unknown', 'NotPerformed', 'SilenceOrNoSpeech', 'Success', 'Error')),
  assignee: maybe(agent),
  recording: maybe(recording),
  availability,
  whenRemoved: maybe(instant),
  whoRemovedName: maybe(text),
  removedByUserGuid: maybe(guid)
})

const external = closed({
  system: eitherCase('Unknown', 'Self', 'HubSpot', 'SalesForce', 'Zoho', 'Freshworks'),
  fullName: maybe(text),
  link: maybe(text),
  integrationCommitedDate: maybe(instant)
})

const client = closed({
  address: maybe(text),
  type: maybe(eitherCase('PhoneNumber', 'Widget')),
  widgetName: maybe(text),
  endpoint: maybe(text),
  callerKind: maybe(Type.Enum(['Default', 'VIP', 'Blocked', 'default', 'vip', 'blocked'])),
  resolvedContacts: maybe(Type.Array(contact)),
  resolvedExternalContacts: maybe(Type.Array(external)),
  latestResolvedExternalContact: maybe(external)
})

const attachment = closed({
  link: maybe(text),
  fileName: maybe(text),
  fileSize: maybe(whole),
  isImage: maybe(flag),
  isSupportedFormat: maybe(flag),
  isStorageExpired: maybe(flag)
})

const states = ['Missed', 'Connected', 'VoiceMail', 'Dropped', 'NoAnswer', 'Scheduled', 'Message'] as const
const types = [
  'Unspecified',
  'Call',
  'Message',
  'MessageThread',
  'Task',
  'CallbackRequest',
  'Service',
  'Default'
] as const
const origins = ['Unspecified', 'Inbound', 'Outbound', 'Callback', 'Internal'] as const

const request = closed({
  id: objectId,
  requestGuid: guid,
  state: eitherCase(...states),
  type: eitherCase(...types),
  origin: eitherCase(...origins),
  client: maybe(client),
  created: instant,
  respondedAt: maybe(instant),
  businessNumber: closed({ number: phone, label: maybe(text) }),
  businessNumbersCount: maybe(whole),
  agent: maybe(agent),
  users: maybe(Type.Array(agent)),
  comment: maybe(text),
  favorite: maybe(flag),
  tags: maybe(Type.Array(text)),
  textModel: maybe(closed({ text: maybe(text), availability })),
  text: maybe(text),
  duration: maybe(clock),
  voicemail: maybe(voicemail),
  recording: maybe(recording),
  messageDeliveryStatus: maybe(eitherCase('Unspecified', 'NotSent', 'Sent')),
  attachments: maybe(Type.Array(attachment)),
  read: maybe(flag),
  wfstate: maybe(closed({ state: eitherCase('Open', 'Finished', 'Resolved') })),
  inConversation: maybe(flag),
  availability
})

const list = closed({ currentPage: whole, requests: Type.Array(request), errorInfo: maybe(text) })
const detail = {
  resolveContacts: one(asText.flag),
  showExternalContacts: one(asText.flag),
  showUsers: one(asText.flag)
}
const anyState = eitherCase(...states, 'All')

const query = {
  ...detail,
  pageSize: one(Type.String({ pattern: '^(?:[1-9]\\d{0,2}|1000)$' })),
  page: one(asText.positive),
  reverse: one(asText.flag),
  inbound: commas(anyState),
  outbound: commas(anyState),
  callbacks: commas(anyState),
  origin: commas(eitherCase(...origins, 'All')),
  state: commas(anyState),
  type: commas(eitherCase(...types, 'VoiceMail', 'All')), // voicemail is in the example, not in the list
  isRead: one(asText.flag),
  groupId: commas(guid),
  userId: commas(guid),
  vmBoxId: commas(guid),
  from: one(asText.utc),
  earliest: one(asText.utc),
  to: one(asText.utc),
  latest: one(asText.utc),
  phone: commas(phone),
  email: one(text),
  wfState: commas(eitherCase('Open', 'Finished', 'Resolved', 'All')),
  searchProperty: one(eitherCase('Client', 'BusinessNumber', 'Comment', 'VTT')),
  searchText: one(text),
  businessNumber: commas(Type.String({ pattern: '^\\d{7,15}$' })) // without the plus
}

export const JOURNAL: readonly Definition[] = [
  // in no envelope, as its example
  { method: 'GET', path: '/api/journal/requests', kinds: CLASSIC, query, answers: { 200: list, 400: malformedFilter } },
  {
    method: 'GET',
    path: '/api/journal/requests/{id}',
    places: { id: objectId },
    kinds: CLASSIC,
    query: detail,
    answers: {
      200: request,
      400: Type.Union([malformedFilter, coded('RequestIdHasInvalidFormat')]),
      404: coded('RequestIsNotFound')
    }
  },
  {
    method: 'GET',
    path: '/api/contactCenter/communications',
    kinds: CENTER,
    query,
    answers: { 200: closed({ data: list }), 400: malformedFilter, 403: coded('TenantAccountRoleIssue') }
  }
]
