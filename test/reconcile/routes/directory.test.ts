import t from 'tap'
import { contacts } from '../../../src/mightycall/rest/routes/contacts.js'
import { phoneNumbers } from '../../../src/mightycall/rest/routes/phone-numbers.js'
import { voicemails } from '../../../src/mightycall/rest/routes/voicemails.js'
import { rangeFact } from '../../../src/reconcile/read-route.js'
import { contactFact } from '../../../src/reconcile/routes/contacts.js'
import { profileFact } from '../../../src/reconcile/routes/extensions.js'
import { numberFacts } from '../../../src/reconcile/routes/numbers.js'
import { presenceFact } from '../../../src/reconcile/routes/presence.js'
import { voicemailFact } from '../../../src/reconcile/routes/voicemails.js'
import { DOCUMENTED_RESPONSES } from '../../support/documented-responses.js'
import { ACCOUNT, ANSWERED_AT, COMMON_FIELDS, rowOf, validFact } from '../support/parsed-rows.js'

const SOURCE = { account: ACCOUNT, at: ANSWERED_AT, raw: {} }
const firstOf = (route: string, list: string) =>
  (DOCUMENTED_RESPONSES[route] as { data: Record<string, object[]> }).data[list]?.[0]
const numbered = (row: object) => rowOf(phoneNumbers, row, answer => answer.phoneNumbers[0])
const numbersOf = (active: object[], deleted: object[]) =>
  numberFacts({ active: active.map(numbered), deleted: deleted.map(numbered) }).map(validFact)

t.test('a number is reported when it is active, and removed when only the deleted numbers contain it', async t => {
  const documented = firstOf('GET /api/phonenumbers', 'phoneNumbers') ?? {}
  const reported = {
    ...COMMON_FIELDS,
    type: 'number.reported',
    number: '+12564553184',
    route: 'numbers',
    externalId: null,
    label: null,
    enabled: true,
    smsEnabled: true
  }
  t.strictSame(
    numbersOf([documented], [documented, documented]),
    [reported],
    'an active number is not removed although it was deleted before'
  )
  t.strictSame(
    numbersOf([], [documented, { ...documented, whenDeleted: '2026-01-14T14:04:12.6341039Z' }]),
    [{ ...COMMON_FIELDS, type: 'number.removed', number: '+12564553184' }],
    'a number that was deleted twice is removed once'
  )
  t.match(
    numbersOf(
      [{ number: '(256) 455-3184', isEnabled: false, smsMode: 'capable', label: 'Desk', objectGuid: 'F7' }],
      []
    ),
    [{ number: '+12564553184', enabled: false, smsEnabled: false, label: 'Desk', externalId: 'f7' }]
  )
  t.match(numbersOf([{ number: '+12564553184', mayText: true }], []), [{ enabled: true, smsEnabled: true }])
  t.strictSame(numbersOf([{ number: 'anonymous' }], []), [])
})

const channel = (id: unknown, kind: string, value: string, labels: string[] = []) => ({ id, kind, value, labels })

for (const { name, row, fact } of [
  {
    name: 'the documented one is ignored, since it has no id',
    row: firstOf('GET /api/contacts', 'contacts'),
    fact: null
  },
  {
    name: 'the documented one with an id is reported',
    row: { ...firstOf('GET /api/contacts', 'contacts'), contactId: 'k' },
    fact: {
      type: 'contact.reported',
      contactId: 'k',
      route: 'contacts',
      name: 'Dee F. Orr',
      channels: [
        channel(/^\w{8}-/, 'email', 'd@example.com', ['Work-email']),
        channel('5cbec7858558ea749cd955ba', 'phone', '+13005551122', ['Work-phone'])
      ],
      tags: ['t']
    }
  },
  {
    name: 'a deleted one is removed',
    row: { contactId: 'k', firstName: 'Dee', state: 'Deleted' },
    fact: { type: 'contact.removed', contactId: 'k' }
  },
  {
    name: 'a channel with a phone and an email is two channels',
    row: {
      contactId: 'k',
      channels: [{ channelId: 'c', phone: '3005551122', email: ' d@example.com ' }, { channelId: 'd' }]
    },
    fact: {
      name: null,
      channels: [channel('c', 'phone', '+13005551122'), channel(/^\w{8}-/, 'email', 'd@example.com')],
      tags: []
    }
  },
  {
    name: 'values that are too long are truncated',
    row: {
      contactId: 'k',
      firstName: 'D'.repeat(200),
      channels: [{ email: `${'e'.repeat(400)}@example.com` }],
      tags: Array.from({ length: 300 }, () => 'x'.repeat(200))
    },
    fact: {
      name: 'D'.repeat(100),
      channels: [channel(/^\w{8}-/, 'email', 'e'.repeat(320))],
      tags: { length: 200, 0: 'x'.repeat(100) }
    }
  }
]) {
  t.test(`a contact: ${name}`, async t => {
    const found = validFact(contactFact(...rowOf(contacts, row, answer => answer.contacts[0])))
    if (fact === null) t.equal(found, null)
    else t.match(found, fact)
  })
}

t.test('a voicemail is parsed from its row', async t => {
  const find = (row: unknown) => validFact(voicemailFact(...rowOf(voicemails, row, answer => answer.voicemails[0])))
  const empty = {
    ...COMMON_FIELDS,
    type: 'voicemail.reported',
    voicemailId: 'v',
    route: 'voicemails',
    callId: null,
    businessNumber: null,
    clientNumber: null,
    clientName: null,
    leftAt: null,
    durationSeconds: null,
    assignedTo: null,
    read: null,
    transcriptState: null,
    transcriptText: null,
    recordingId: null,
    recordingLink: null,
    removedAt: null
  }
  t.strictSame(find({ id: 'v' }), empty)
  t.strictSame(find({ ...firstOf('GET /api/voicemails', 'voicemails'), id: 'v' }), {
    ...empty,
    businessNumber: '+15554567891',
    clientNumber: '+15554567890',
    leftAt: '2017-01-14T08:40:51.620Z',
    durationSeconds: 185,
    assignedTo: 'Ann Lee',
    read: false
  })
  t.match(
    find({
      id: 'v',
      from: 'Shop page',
      voicemailStatus: 'Read',
      voicemailRecord: { uri: 'https://panel.mightycall.com/v.wav?id=SECRET' }
    }),
    { clientNumber: null, clientName: 'Shop page', read: true, recordingLink: 'https://panel.mightycall.com/v.wav' }
  )
  t.equal(find({ id: 'v'.repeat(101) }), null)
})

t.test('a profile, a presence and a polled range become facts', async t => {
  t.strictSame(
    validFact(
      profileFact(
        '102',
        { firstName: 'Cy', lastName: 'Fox', email: 'c@example.com', extension: '7', role: 'user' },
        SOURCE
      )
    ),
    {
      ...COMMON_FIELDS,
      type: 'extension.reported',
      extension: '102',
      route: 'profile',
      name: 'Cy Fox',
      email: 'c@example.com',
      role: 'user',
      externalId: null
    }
  )
  t.strictSame(validFact(presenceFact('101', { status: 'dnd' }, SOURCE)), {
    ...COMMON_FIELDS,
    type: 'status.reported',
    extension: '101',
    route: 'presence',
    presence: 'dnd'
  })
  t.equal(presenceFact('101', { status: null }, SOURCE), null)
  const interval = { from: new Date('2026-11-23T07:00:00Z'), until: new Date('2026-11-23T08:00:00Z') }
  t.strictSame(validFact(rangeFact({ route: 'presence', scope: '101', interval, count: 1 }, SOURCE)), {
    ...COMMON_FIELDS,
    type: 'range.polled',
    rangeId: 'presence 101 2026-11-23T07:00:00.000Z 2026-11-23T08:00:00.000Z',
    polled: 'presence',
    scope: '101',
    from: '2026-11-23T07:00:00.000Z',
    until: '2026-11-23T08:00:00.000Z',
    count: 1
  })
})
