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

// One request of each route of our client that has to be signed, and what it sends.

const [since, until] = [new Date('2026-11-22T08:00:00.123Z'), new Date('2026-11-23T08:00:00.456Z')]
const contactId = '5d47f2288558e62b682f3f3a'
const channelId = 'f13322f5-0c80-4e15-aaef-aa57fd5ede72'

interface Sent {
  sends: string
  query?: string
  body?: object
}

interface Case extends Sent {
  route: Route
  input: InputOf<Route>
}

const one = <R extends Route>(route: R, input: InputOf<R>, expected: Sent): Case => ({
  route: route as Route,
  input: input as InputOf<Route>,
  ...expected
}) // a list has one type for all

const classic: readonly Case[] = [
  one(
    calls,
    { query: { pageSize: 1000, skip: 0, startUtc: since, endUtc: until, callFilter: ['Missed', 'Voicemail'] } },
    {
      sends: 'GET /api/calls',
      query:
        'pageSize=1000&skip=0&startUtc=2026-11-22T08%3A00%3A00&endUtc=2026-11-23T08%3A00%3A00&callFilter=Missed&callFilter=Voicemail'
    }
  ),
  one(
    call,
    { path: { id: '7e734dc1-544d-4f04-8ccc-8bd5b197a88c' } },
    { sends: 'GET /api/calls/7e734dc1-544d-4f04-8ccc-8bd5b197a88c' }
  ),
  one(
    makeCall,
    { body: { from: '+15550152729', to: '+15551112233' } },
    { sends: 'POST /api/calls/makecall', body: { from: '+15550152729', to: '+15551112233' } }
  ),
  one(
    voicemails,
    { query: { voicemailFilter: 'UnRead' } },
    { sends: 'GET /api/voicemails', query: 'voicemailFilter=UnRead' }
  ),
  one(
    voicemail,
    { path: { id: 'a123b456-78bc-4976-8075-b2941d553b7b' } },
    { sends: 'GET /api/voicemails/a123b456-78bc-4976-8075-b2941d553b7b' }
  ),
  one(phoneNumbers, {}, { sends: 'GET /api/phonenumbers' }),
  one(phoneNumber, { path: { number: '+12564553184' } }, { sends: 'GET /api/phonenumbers/12564553184' }),
  one(phoneNumber, { path: { number: '+442071234567' } }, { sends: 'GET /api/phonenumbers/42071234567' }),
  one(team, {}, { sends: 'GET /api/team' }),
  one(profile, {}, { sends: 'GET /api/profile' }),
  one(profileOf, { path: { extension: '102' } }, { sends: 'GET /api/profile/102' }),
  one(profileStatus, {}, { sends: 'GET /api/profile/status' }),
  one(setProfileStatus, { path: { status: 'dnd' } }, { sends: 'PUT /api/profile/status/dnd' }),
  one(
    journal,
    {
      query: { page: 1, type: ['Call', 'Message'], earliest: since, businessNumber: ['+15557775533', '+12564553184'] }
    },
    {
      sends: 'GET /api/journal/requests',
      query: 'page=1&type=Call%2CMessage&earliest=2026-11-22T08%3A00%3A00.123Z&businessNumber=15557775533%2C12564553184'
    }
  ),
  one(
    journalRequest,
    { path: { id: '5d565c298558e7cce8d7b8e0' }, query: { showUsers: true } },
    { sends: 'GET /api/journal/requests/5d565c298558e7cce8d7b8e0', query: 'showUsers=true' }
  ),
  one(
    contacts,
    { query: { updatedSince: since } },
    { sends: 'GET /api/contacts', query: 'updatedSince=2026-11-22T08%3A00%3A00.123Z' }
  ),
  one(
    createContact,
    { body: { firstName: 'Dee', channels: [{ phone: '+13005551122' }] } },
    { sends: 'POST /api/contacts', body: { firstName: 'Dee', channels: [{ phone: '+13005551122' }] } }
  ),
  one(
    replaceContact,
    { path: { contactId }, query: { etag: '48d6e9031aa435be' }, body: { firstName: 'Dee' } },
    { sends: `PUT /api/contacts/${contactId}`, query: 'etag=48d6e9031aa435be', body: { firstName: 'Dee' } }
  ),
  one(
    patchContact,
    { path: { contactId }, query: { etag: '48d6e9031aa435be' }, body: { lastName: 'Orr' } },
    { sends: `PATCH /api/contacts/${contactId}`, query: 'etag=48d6e9031aa435be', body: { lastName: 'Orr' } }
  ),
  one(contact, { path: { contactId } }, { sends: `GET /api/contacts/${contactId}` }),
  one(
    deleteContact,
    { path: { contactId }, query: { etag: '48d6e9031aa435be' } },
    { sends: `DELETE /api/contacts/${contactId}`, query: 'etag=48d6e9031aa435be' }
  ),
  one(
    addChannel,
    { path: { contactId }, query: { etag: '48d6e9031aa435be' }, body: { phone: '+13005551122', labels: ['Work'] } },
    {
      sends: `POST /api/contacts/${contactId}/channels`,
      query: 'etag=48d6e9031aa435be',
      body: { phone: '+13005551122', labels: ['Work'] }
    }
  ),
  one(
    replaceChannel,
    { path: { contactId, channelId }, body: { email: 'a@example.com' } },
    { sends: `PUT /api/contacts/${contactId}/channels/${channelId}`, body: { email: 'a@example.com' } }
  ),
  one(
    removeChannel,
    { path: { contactId, channelId } },
    { sends: `DELETE /api/contacts/${contactId}/channels/${channelId}` }
  ),
  one(
    sendMessage,
    { body: { from: '+12345678910', to: ['+12345678901'], message: 'hi' } },
    { sends: 'POST /api/messages/send', body: { from: '+12345678910', to: ['+12345678901'], message: 'hi' } }
  )
]

const contactCenter: readonly Case[] = [
  one(calls, { query: {} }, { sends: 'GET /api/calls' }),
  one(
    journal,
    { query: { showUsers: true } },
    { sends: 'GET /api/contactCenter/communications', query: 'showUsers=true' }
  ),
  one(contacts, { query: { pageSize: 100 } }, { sends: 'GET /api/contactCenter/contacts', query: 'pageSize=100' }),
  one(
    createContactCenterContact,
    { body: { firstName: 'Dee', initialPhoneNumber: '+13005551122' } },
    { sends: 'POST /api/contactCenter/contacts', body: { firstName: 'Dee', initialPhoneNumber: '+13005551122' } }
  ),
  one(
    patchContact,
    { path: { contactId }, body: { lastName: 'Orr' } },
    { sends: `PATCH /api/contactCenter/contacts/${contactId}`, body: { lastName: 'Orr' } }
  ),
  one(
    deleteContactCenterContact,
    { path: { contactId } },
    { sends: `DELETE /api/contactCenter/contacts/${contactId}` }
  ),
  one(
    addChannel,
    { path: { contactId }, body: { phone: '+13005551122' } },
    { sends: `POST /api/contactCenter/contacts/${contactId}/channels`, body: { phone: '+13005551122' } }
  ),
  one(
    replaceChannel,
    { path: { contactId, channelId }, body: { phone: '+13005551122' } },
    { sends: `PUT /api/contactCenter/contacts/${contactId}/channels/${channelId}`, body: { phone: '+13005551122' } }
  ),
  one(
    patchChannel,
    { path: { contactId, channelId }, body: { labels: ['Work'] } },
    { sends: `PATCH /api/contactCenter/contacts/${contactId}/channels/${channelId}`, body: { labels: ['Work'] } }
  ),
  one(
    removeChannel,
    { path: { contactId, channelId } },
    { sends: `DELETE /api/contactCenter/contacts/${contactId}/channels/${channelId}` }
  ),
  one(
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
