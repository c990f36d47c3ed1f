// Responses as the documentation of MightyCall API v4 shows them, some with further members of its schemas. Numbers and
// people are fictitious.

const call = {
  id: '7e734dc1-544d-4f04-8ccc-8bd5b197a88c',
  caller: { name: 'Ann Lee', extension: '101' },
  called: [
    { isConnected: true, name: 'Bob Ray', extension: '100' },
    { isConnected: false, name: 'Cy Fox', extension: '102', phone: '+15551112235' }
  ],
  businessNumber: '+15550152729',
  dateTimeUtc: '2018-06-05T13:38:29.522+00:00',
  duration: '23066',
  direction: 'Outgoing',
  callStatus: 'Connected',
  callRecord: { fileName: 'records/1.wav', uri: 'http://localhost/files/1.wav?recordid=1' }
}

const voicemail = {
  id: 'a123b456-78bc-4976-8075-b2941d553b7b',
  from: '+15554567890',
  to: '+15554567891',
  assignedTo: 'Ann Lee',
  dateTimeUtc: '2017-01-14T08:40:51.62+00:00',
  duration: '185',
  voicemailStatus: 'UnRead',
  voicemailRecord: { fileName: 'voicemail/1.wav', uri: 'https://localhost/voicemail.wav?id=1' },
  storageId: null
}

const number = {
  number: '+12564553184',
  isEnabled: true,
  isPrimary: false,
  isTollFree: false,
  isInternational: false,
  smsMode: 'Enabled',
  numberMessagingVerified: true,
  isMmsEnabled: false,
  callRecordingMode: 'Both, OutgoingBeepDisabled',
  description: null,
  label: null,
  mayText: false,
  mayCall: false
}

const agent = {
  id: '6b02f2a4-c5ce-443e-a880-5cdcef74ce2d',
  agentRole: 'callOwner',
  name: 'Ann Lee',
  extension: '101',
  forwardingNumber: '+15556545566',
  phone: '+15556545555',
  role: 'agent',
  email: 'a@example.com',
  type: 'user'
}
const recording = {
  recordingId: 'r',
  duration: '00:00:32',
  flag: 'public',
  status: 'recorded',
  link: 'https://localhost/r',
  availability: 'available'
}

const request = {
  respondedAt: '2026-04-19T22:10:53.844512Z',
  id: '5d565c298558e7cce8d7b8e0',
  requestGuid: '00000000-0000-0000-0000-000000000000',
  state: 'connected',
  client: {
    address: '+15557775566',
    resolvedContacts: [{ contactId: '5d47f2288558e62b682f3f3a', channels: [{ phone: '+15557775566' }] }],
    type: 'phoneNumber',
    callerKind: 'default'
  },
  type: 'call',
  created: '2019-07-05T09:08:56.831+00:00',
  businessNumber: { number: '+15557775533', label: 'Front desk' },
  businessNumbersCount: 0,
  tags: ['VIP'],
  agent,
  origin: 'inbound',
  comment: 'call back',
  favorite: true,
  textModel: { text: 'text', availability: 'available' },
  text: 'text',
  duration: '00:01:20',
  voicemail: {
    duration: '00:00:32',
    text: 'hello',
    speechRecognitionStatus: 'success',
    assignee: agent,
    recording,
    availability: 'available'
  },
  recording,
  read: false,
  wfstate: { state: 'open' },
  availability: 'available'
}

const contact = {
  etag: '48d6e9031aa435be',
  contactId: null,
  firstName: 'Dee',
  lastName: 'Orr',
  patronymic: 'F.',
  created: '2026-04-19T22:10:53.8288842Z',
  updated: '2026-04-19T22:10:53.8288842Z',
  comment: 'c',
  tags: ['t'],
  channels: [
    { labels: ['Work-email'], email: 'd@example.com' },
    { channelId: '5cbec7858558ea749cd955ba', labels: ['Work-phone'], phone: '+13005551122' }
  ]
}

const channel = {
  channel: { channelId: 'f13322f5-0c80-4e15-aaef-aa57fd5ede72', labels: ['Work'], phone: '+13005551122' },
  etag: '48d6e9031aa435be'
}
const ofContact = 'contacts/5d47f2288558e62b682f3f3a'
const ofChannel = `${ofContact}/channels/${channel.channel.channelId}`

const journal = { currentPage: 1, requests: [request] }
const contacts = { contacts: [contact, { ...contact, state: 'deleted' }], pages: 11, records: 55, currentPage: 2 }
const sent = {
  message: 'SMS message sent successfully.',
  id: '00000000-0000-0000-0000-000000000000',
  sourcePhoneNumber: '+12345678910',
  destinationPhoneNumbers: ['+12345678901'],
  sendTime: '0001-01-01T00:00:00',
  attachments: null
}

/** The responses by route. Routes of contact-center accounts have their own envelopes. */
export const DOCUMENTED_RESPONSES: Record<string, unknown> = {
  'POST /auth/token': { access_token: 'token-1', token_type: 'bearer', expires_in: 86_399, refresh_token: 'refresh-1' },
  'GET /api/ping': { data: '3', isSuccess: true },
  'GET /api/calls': { data: { calls: [call], total: 1 }, isSuccess: true },
  [`GET /api/calls/${call.id}`]: { data: call, isSuccess: true },
  'POST /api/calls/makecall': {
    data: {
      ...call,
      caller: { name: 'Ann Lee' },
      called: [{ isConnected: false, phone: '+15550152729' }],
      duration: null,
      callStatus: null,
      callRecord: null
    },
    isSuccess: true
  },
  'GET /api/voicemails': { data: { voicemails: [voicemail], total: 1 }, isSuccess: true },
  [`GET /api/voicemails/${voicemail.id}`]: { data: voicemail, isSuccess: true },
  'GET /api/phonenumbers': {
    data: {
      phoneNumbers: [number],
      deletedPhoneNumbers: [
        {
          ...number,
          objectGuid: 'F7DD3B39-DCA5-4310-9088-2807468E4921',
          doNotOriginate: false,
          whenDeleted: '2026-01-14T14:04:12.6341039Z'
        }
      ],
      total: 2
    },
    isSuccess: true
  },
  'GET /api/phonenumbers/12564553184': { data: number, isSuccess: true },
  'GET /api/phonenumbers/42071234567': { data: { ...number, number: '+442071234567' }, isSuccess: true },
  'GET /api/team': {
    users: [{ fullName: 'Ann Lee', id: '7adb1f0e-6036-49f4-97d0-b302e7a40669', role: null, avatarUrl: null }],
    groups: [{ name: 'G', id: '66632351-c5f8-447b-82ec-315828ddd087' }],
    vmboxes: [{ name: 'V', id: '00000000-0000-0000-0000-000000000001' }]
  },
  'GET /api/profile': {
    data: { firstName: 'Ann', lastName: 'Lee', email: 'a@example.com', extension: '101', role: 'admin' },
    isSuccess: true
  },
  'GET /api/profile/102': {
    data: { firstName: 'Cy', lastName: 'Fox', email: 'c@example.com', extension: '102', role: 'user' },
    isSuccess: true
  },
  'GET /api/profile/status': { data: { status: 'available' }, isSuccess: true },
  'PUT /api/profile/status/dnd': { data: { status: 'dnd' }, isSuccess: true },
  'GET /api/journal/requests': journal,
  [`GET /api/journal/requests/${request.id}`]: request,
  'GET /api/contactCenter/communications': { data: journal },
  'GET /api/contacts': { data: contacts },
  'GET /api/contactCenter/contacts': { data: { ...contacts, status: 'Success' }, isSuccess: true },
  'POST /api/contacts': { data: contact, message: 'Created' },
  'POST /api/contactCenter/contacts': {},
  [`GET /api/${ofContact}`]: { data: { contacts: [contact] } },
  [`PUT /api/${ofContact}`]: { data: contact, message: 'Updated' },
  [`PATCH /api/${ofContact}`]: { data: contact, message: 'Updated' },
  [`PATCH /api/contactCenter/${ofContact}`]: {},
  [`DELETE /api/${ofContact}`]: { data: { contacts: [contact] }, message: 'Deleted' },
  ...Object.fromEntries(
    ['', 'contactCenter/'].flatMap(kind => [
      [
        `POST /api/${kind}${ofContact}/channels`,
        { data: { contactOperationEvent: { eventType: 1 }, ...channel }, message: 'Created' }
      ],
      [`PUT /api/${kind}${ofChannel}`, { data: channel, message: 'Updated' }],
      [`PATCH /api/${kind}${ofChannel}`, { data: channel, message: 'Updated' }],
      [`DELETE /api/${kind}${ofChannel}`, { message: 'Deleted' }]
    ])
  ),
  [`DELETE /api/contactCenter/${ofContact}`]: {
    data: { eventType: 1, deletedContactIds: ['5d47f2288558e62b682f3f3a'] }
  },
  'POST /api/messages/send': sent,
  'POST /api/contactcenter/messages/send': sent
}
