import Type from 'typebox'
import { contact } from './contact.js'
import {
  asText,
  CENTER,
  CLASSIC,
  closed,
  commas,
  type Definition,
  eitherCase,
  flag,
  guid,
  instant,
  integer,
  nullish,
  objectId,
  one,
  phone,
  text,
  timeSpan
} from './definition.js'
import { coded, malformedFilter } from './general.js'

const availability = nullish(eitherCase('Unknown', 'Available', 'NotAvailable'))

const agent = closed({
  id: nullish(text),
  groupId: nullish(text),
  agentRole: nullish(eitherCase('NotDialed', 'CallOwner', 'Consultant', 'VoiceMailReceiver')),
  name: nullish(text),
  extension: nullish(text),
  forwardingNumber: nullish(text),
  phone: nullish(text),
  role: nullish(
    Type.Enum(['undefined', 'agent', 'manager', 'admin', 'reseller_user', 'reseller_admin', 'super_admin'])
  ),
  email: nullish(text),
  type: nullish(
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
  recordingId: nullish(text),
  duration: nullish(timeSpan),
  flag: nullish(eitherCase('None', 'Hidden', 'Public', 'Lost')),
  status: nullish(
    eitherCase('Unknown', 'Recorded', 'NoPartyConnected', 'NotConfigured', 'NotAvailable', 'LostDuringFailover')
  ),
  link: nullish(text),
  availability
})

const voicemail = closed({
  duration: timeSpan,
  text: nullish(text),
  speechRecognitionStatus: nullish(eitherCase('Unknown', 'NotPerformed', 'SilenceOrNoSpeech', 'Success', 'Error')),
  assignee: nullish(agent),
  recording: nullish(recording),
  availability,
  whenRemoved: nullish(instant),
  whoRemovedName: nullish(text),
  removedByUserGuid: nullish(guid)
})

const external = closed({
  system: eitherCase('Unknown', 'Self', 'HubSpot', 'SalesForce', 'Zoho', 'Freshworks'),
  fullName: nullish(text),
  link: nullish(text),
  integrationCommitedDate: nullish(instant)
})

const client = closed({
  address: nullish(text),
  type: nullish(eitherCase('PhoneNumber', 'Widget')),
  widgetName: nullish(text),
  endpoint: nullish(text),
  callerKind: nullish(Type.Enum(['Default', 'VIP', 'Blocked', 'default', 'vip', 'blocked'])),
  resolvedContacts: nullish(Type.Array(contact)),
  resolvedExternalContacts: nullish(Type.Array(external)),
  latestResolvedExternalContact: nullish(external)
})

const attachment = closed({
  link: nullish(text),
  fileName: nullish(text),
  fileSize: nullish(integer),
  isImage: nullish(flag),
  isSupportedFormat: nullish(flag),
  isStorageExpired: nullish(flag)
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
  client: nullish(client),
  created: instant,
  respondedAt: nullish(instant),
  businessNumber: closed({ number: phone, label: nullish(text) }),
  businessNumbersCount: nullish(integer),
  agent: nullish(agent),
  users: nullish(Type.Array(agent)),
  comment: nullish(text),
  favorite: nullish(flag),
  tags: nullish(Type.Array(text)),
  textModel: nullish(closed({ text: nullish(text), availability })),
  text: nullish(text),
  duration: nullish(timeSpan),
  voicemail: nullish(voicemail),
  recording: nullish(recording),
  messageDeliveryStatus: nullish(eitherCase('Unspecified', 'NotSent', 'Sent')),
  attachments: nullish(Type.Array(attachment)),
  read: nullish(flag),
  wfstate: nullish(closed({ state: eitherCase('Open', 'Finished', 'Resolved') })),
  inConversation: nullish(flag),
  availability
})

const list = closed({ currentPage: integer, requests: Type.Array(request), errorInfo: nullish(text) })
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
  // without an envelope, as in its example
  {
    method: 'GET',
    path: '/api/journal/requests',
    kinds: CLASSIC,
    query,
    responses: { 200: list, 400: malformedFilter }
  },
  {
    method: 'GET',
    path: '/api/journal/requests/{id}',
    pathParameters: { id: objectId },
    kinds: CLASSIC,
    query: detail,
    responses: {
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
    responses: { 200: closed({ data: list }), 400: malformedFilter, 403: coded('TenantAccountRoleIssue') }
  }
]
