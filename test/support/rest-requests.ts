import type { InputOf, Route } from '../../src/mightycall/rest/route.js'
import { call, calls, makeCall } from '../../src/mightycall/rest/routes/calls.js'
import { addChannel, patchChannel, removeChannel, replaceChannel } from '../../src/mightycall/rest/routes/channels.js'
import {
  contact,
  contacts,
  createContact,
  createContactCenterContact,
  deleteContact,
  deleteContactCenterContact,
  patchContact,
  replaceContact
} from '../../src/mightycall/rest/routes/contacts.js'
import { journal, journalRequest } from '../../src/mightycall/rest/routes/journal.js'
import { sendMessage } from '../../src/mightycall/rest/routes/messages.js'
import { phoneNumber, phoneNumbers } from '../../src/mightycall/rest/routes/phone-numbers.js'
import { profile, profileOf, profileStatus, setProfileStatus } from '../../src/mightycall/rest/routes/profile.js'
import { team } from '../../src/mightycall/rest/routes/team.js'
import { voicemail, voicemails } from '../../src/mightycall/rest/routes/voicemails.js'

// One request of each authenticated route of the REST client, and what it sends.

const [since, until] = [new Date('2026-11-22T08:00:00.123Z'), new Date('2026-11-23T08:00:00.456Z')]
const contactId = '5d47f2288558e62b682f3f3a'
const channelId = 'f13322f5-0c80-4e15-aaef-aa57fd5ede72'

interface ExpectedRequest {
  sends: string
  query?: string
  body?: object
}

interface Case extends ExpectedRequest {
  route: Route
  input: InputOf<Route>
}

// the casts are needed because the list has one type for the inputs of all routes
const requestOf = <R extends Route>(route: R, input: InputOf<R>, expected: ExpectedRequest): Case => ({
  route: route as Route,
  input: input as InputOf<Route>,
  ...expected
})

const classic: readonly Case[] = [
  requestOf(
    calls,
    { query: { pageSize: 1000, skip: 0, startUtc: since, endUtc: until, callFilter: ['Missed', 'Voicemail'] } },
    {
      sends: 'GET /api/calls',
      query:
        'pageSize=1000&skip=0&startUtc=2026-11-22T08%3A00%3A00&endUtc=2026-11-23T08%3A00%3A00' +
        '&callFilter=Missed&callFilter=Voicemail'
    }
  ),
  requestOf(
    call,
    { path: { id: '7e734dc1-544d-4f04-8ccc-8bd5b197a88c' } },
    { sends: 'GET /api/calls/7e734dc1-544d-4f04-8ccc-8bd5b197a88c' }
  ),
  requestOf(
    makeCall,
    { body: { from: '+15550152729', to: '+15551112233' } },
    { sends: 'POST /api/calls/makecall', body: { from: '+15550152729', to: '+15551112233' } }
  ),
  requestOf(
    voicemails,
    { query: { voicemailFilter: 'UnRead' } },
    { sends: 'GET /api/voicemails', query: 'voicemailFilter=UnRead' }
  ),
  requestOf(
    voicemail,
    { path: { id: 'a123b456-78bc-4976-8075-b2941d553b7b' } },
    { sends: 'GET /api/voicemails/a123b456-78bc-4976-8075-b2941d553b7b' }
  ),
  requestOf(phoneNumbers, {}, { sends: 'GET /api/phonenumbers' }),
  requestOf(phoneNumber, { path: { number: '+12564553184' } }, { sends: 'GET /api/phonenumbers/12564553184' }),
  requestOf(phoneNumber, { path: { number: '+442071234567' } }, { sends: 'GET /api/phonenumbers/42071234567' }),
  requestOf(team, {}, { sends: 'GET /api/team' }),
  requestOf(profile, {}, { sends: 'GET /api/profile' }),
  requestOf(profileOf, { path: { extension: '102' } }, { sends: 'GET /api/profile/102' }),
  requestOf(profileStatus, {}, { sends: 'GET /api/profile/status' }),
  requestOf(setProfileStatus, { path: { status: 'dnd' } }, { sends: 'PUT /api/profile/status/dnd' }),
  requestOf(
    journal,
    {
      query: { page: 1, type: ['Call', 'Message'], earliest: since, businessNumber: ['+15557775533', '+12564553184'] }
    },
    {
      sends: 'GET /api/journal/requests',
      query: 'page=1&type=Call%2CMessage&earliest=2026-11-22T08%3A00%3A00.123Z&businessNumber=15557775533%2C12564553184'
    }
  ),
  requestOf(
    journalRequest,
    { path: { id: '5d565c298558e7cce8d7b8e0' }, query: { showUsers: true } },
    { sends: 'GET /api/journal/requests/5d565c298558e7cce8d7b8e0', query: 'showUsers=true' }
  ),
  requestOf(
    contacts,
    { query: { updatedSince: since } },
    { sends: 'GET /api/contacts', query: 'updatedSince=2026-11-22T08%3A00%3A00.123Z' }
  ),
  requestOf(
    createContact,
    { body: { firstName: 'Dee', channels: [{ phone: '+13005551122' }] } },
    { sends: 'POST /api/contacts', body: { firstName: 'Dee', channels: [{ phone: '+13005551122' }] } }
  ),
  requestOf(
    replaceContact,
    { path: { contactId }, query: { etag: '48d6e9031aa435be' }, body: { firstName: 'Dee' } },
    { sends: `PUT /api/contacts/${contactId}`, query: 'etag=48d6e9031aa435be', body: { firstName: 'Dee' } }
  ),
  requestOf(
    patchContact,
    { path: { contactId }, query: { etag: '48d6e9031aa435be' }, body: { lastName: 'Orr' } },
    { sends: `PATCH /api/contacts/${contactId}`, query: 'etag=48d6e9031aa435be', body: { lastName: 'Orr' } }
  ),
  requestOf(contact, { path: { contactId } }, { sends: `GET /api/contacts/${contactId}` }),
  requestOf(
    deleteContact,
    { path: { contactId }, query: { etag: '48d6e9031aa435be' } },
    { sends: `DELETE /api/contacts/${contactId}`, query: 'etag=48d6e9031aa435be' }
  ),
  requestOf(
    addChannel,
    { path: { contactId }, query: { etag: '48d6e9031aa435be' }, body: { phone: '+13005551122', labels: ['Work'] } },
    {
      sends: `POST /api/contacts/${contactId}/channels`,
      query: 'etag=48d6e9031aa435be',
      body: { phone: '+13005551122', labels: ['Work'] }
    }
  ),
  requestOf(
    replaceChannel,
    { path: { contactId, channelId }, body: { email: 'a@example.com' } },
    { sends: `PUT /api/contacts/${contactId}/channels/${channelId}`, body: { email: 'a@example.com' } }
  ),
  requestOf(
    removeChannel,
    { path: { contactId, channelId } },
    { sends: `DELETE /api/contacts/${contactId}/channels/${channelId}` }
  ),
  requestOf(
    sendMessage,
    { body: { from: '+12345678910', to: ['+12345678901'], message: 'hi' } },
    { sends: 'POST /api/messages/send', body: { from: '+12345678910', to: ['+12345678901'], message: 'hi' } }
  )
]

const contactCenter: readonly Case[] = [
  requestOf(calls, { query: {} }, { sends: 'GET /api/calls' }),
  requestOf(
    journal,
    { query: { showUsers: true } },
    { sends: 'GET /api/contactCenter/communications', query: 'showUsers=true' }
  ),
  requestOf(
    contacts,
    { query: { pageSize: 100 } },
    { sends: 'GET /api/contactCenter/contacts', query: 'pageSize=100' }
  ),
  requestOf(
    createContactCenterContact,
    { body: { firstName: 'Dee', initialPhoneNumber: '+13005551122' } },
    { sends: 'POST /api/contactCenter/contacts', body: { firstName: 'Dee', initialPhoneNumber: '+13005551122' } }
  ),
  requestOf(
    patchContact,
    { path: { contactId }, body: { lastName: 'Orr' } },
    { sends: `PATCH /api/contactCenter/contacts/${contactId}`, body: { lastName: 'Orr' } }
  ),
  requestOf(
    deleteContactCenterContact,
    { path: { contactId } },
    { sends: `DELETE /api/contactCenter/contacts/${contactId}` }
  ),
  requestOf(
    addChannel,
    { path: { contactId }, body: { phone: '+13005551122' } },
    { sends: `POST /api/contactCenter/contacts/${contactId}/channels`, body: { phone: '+13005551122' } }
  ),
  requestOf(
    replaceChannel,
    { path: { contactId, channelId }, body: { phone: '+13005551122' } },
    { sends: `PUT /api/contactCenter/contacts/${contactId}/channels/${channelId}`, body: { phone: '+13005551122' } }
  ),
  requestOf(
    patchChannel,
    { path: { contactId, channelId }, body: { labels: ['Work'] } },
    { sends: `PATCH /api/contactCenter/contacts/${contactId}/channels/${channelId}`, body: { labels: ['Work'] } }
  ),
  requestOf(
    removeChannel,
    { path: { contactId, channelId } },
    { sends: `DELETE /api/contactCenter/contacts/${contactId}/channels/${channelId}` }
  ),
  requestOf(
    sendMessage,
    { body: { from: '+12345678910', to: ['+12345678901'], message: 'hi' } },
    {
      sends: 'POST /api/contactcenter/messages/send',
      body: { from: '+12345678910', to: ['+12345678901'], message: 'hi' }
    }
  )
]

export const REQUESTS = [
  ['classic', classic],
  ['contact-center', contactCenter]
] as const
