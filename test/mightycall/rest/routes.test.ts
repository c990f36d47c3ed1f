import t from 'tap'
import { call, calls, makeCall } from '../../../src/mightycall/rest/routes/calls.js'
import { addChannel, patchChannel, removeChannel, replaceChannel } from '../../../src/mightycall/rest/routes/channels.js'
import { contact, contacts, createContact, createContactCenterContact, deleteContact, deleteContactCenterContact, patchContact, replaceContact } from '../../../src/mightycall/rest/routes/contacts.js'
import { journal, journalRequest } from '../../../src/mightycall/rest/routes/journal.js'
import { sendMessage } from '../../../src/mightycall/rest/routes/messages.js'
import { phoneNumber, phoneNumbers } from '../../../src/mightycall/rest/routes/phone-numbers.js'
import { ping } from '../../../src/mightycall/rest/routes/ping.js'
import { profile, profileOf, profileStatus, setProfileStatus } from '../../../src/mightycall/rest/routes/profile.js'
import { team } from '../../../src/mightycall/rest/routes/team.js'
import { voicemail, voicemails } from '../../../src/mightycall/rest/routes/voicemails.js'
import type { InputOf, Route } from '../../../src/mightycall/rest/route.js'
import { API_KEY, restClient } from '../../support/mightycall-api.js'

const [since, until] = [new Date('2026-11-22T08:00:00.123Z'), new Date('2026-11-23T08:00:00.456Z')]
const contactId = '5d47f2288558e62b682f3f3a'
const channelId = 'f13322f5-0c80-4e15-aaef-aa57fd5ede72'

interface Case {
  sends: string
  query?: string
  body?: object
}

const one = <R extends Route>(route: R, input: InputOf<R>, expected: Case) => ({ route: route as Route, input: input as InputOf<Route>, ...expected }) // a list has one type for all

const classic = [
  one(calls, { query: { pageSize: 1000, skip: 0, startUtc: since, endUtc: until, callFilter: ['Missed', 'Voicemail'] } }, { sends: 'GET /api/calls', query: 'pageSize=1000&skip=0&startUtc=2026-11-22T08%3A00%3A00&endUtc=2026-11-23T08%3A00%3A00&callFilter=Missed&callFilter=Voicemail' }),
  one(call, { path: { id: '7e734dc1-544d-4f04-8ccc-8bd5b197a88c' } }, { sends: 'GET /api/calls/7e734dc1-544d-4f04-8ccc-8bd5b197a88c' }),
  one(makeCall, { body: { from: '+15550152729', to: '+15551112233' } }, { sends: 'POST /api/calls/makecall', body: { from: '+15550152729', to: '+15551112233' } }),
  one(voicemails, { query: { voicemailFilter: 'UnRead' } }, { sends: 'GET /api/voicemails', query: 'voicemailFilter=UnRead' }),
  one(voicemail, { path: { id: 'a123b456-78bc-4976-8075-b2941d553b7b' } }, { sends: 'GET /api/voicemails/a123b456-78bc-4976-8075-b2941d553b7b' }),
  one(phoneNumbers, {}, { sends: 'GET /api/phonenumbers' }),
  one(phoneNumber, { path: { number: '+12564553184' } }, { sends: 'GET /api/phonenumbers/12564553184' }),
  one(phoneNumber, { path: { number: '+442071234567' } }, { sends: 'GET /api/phonenumbers/42071234567' }),
  one(team, {}, { sends: 'GET /api/team' }),
  one(profile, {}, { sends: 'GET /api/profile' }),
  one(profileOf, { path: { extension: '102' } }, { sends: 'GET /api/profile/102' }),
  one(profileStatus, {}, { sends: 'GET /api/profile/status' }),
  one(setProfileStatus, { path: { status: 'dnd' } }, { sends: 'PUT /api/profile/status/dnd' }),
  one(journal, { query: { page: 1, type: ['Call', 'Message'], earliest: since, businessNumber: ['+15557775533', '+12564553184'] } }, { sends: 'GET /api/journal/requests', query: 'page=1&type=Call%2CMessage&earliest=2026-11-22T08%3A00%3A00.123Z&businessNumber=15557775533%2C12564553184' }),
  one(journalRequest, { path: { id: '5d565c298558e7cce8d7b8e0' }, query: { showUsers: true } }, { sends: 'GET /api/journal/requests/5d565c298558e7cce8d7b8e0', query: 'showUsers=true' }),
  one(contacts, { query: { updatedSince: since } }, { sends: 'GET /api/contacts', query: 'updatedSince=2026-11-22T08%3A00%3A00.123Z' }),
  one(createContact, { body: { firstName: 'Dee', channels: [{ phone: '+13005551122' }] } }, { sends: 'POST /api/contacts', body: { firstName: 'Dee', channels: [{ phone: '+13005551122' }] } }),
  one(replaceContact, { path: { contactId }, query: { etag: 'e' }, body: { firstName: 'Dee' } }, { sends: `PUT /api/contacts/${contactId}`, query: 'etag=e', body: { firstName: 'Dee' } }),
  one(patchContact, { path: { contactId }, query: { etag: 'e' }, body: { lastName: 'Orr' } }, { sends: `PATCH /api/contacts/${contactId}`, query: 'etag=e', body: { lastName: 'Orr' } }),
  one(contact, { path: { contactId } }, { sends: `GET /api/contacts/${contactId}` }),
  one(deleteContact, { path: { contactId }, query: { etag: 'e' } }, { sends: `DELETE /api/contacts/${contactId}`, query: 'etag=e' }),
  one(addChannel, { path: { contactId }, query: { etag: 'e' }, body: { phone: '+13005551122', labels: ['Work'] } }, { sends: `POST /api/contacts/${contactId}/channels`, query: 'etag=e', body: { phone: '+13005551122', labels: ['Work'] } }),
  one(replaceChannel, { path: { contactId, channelId }, body: { email: 'a@example.com' } }, { sends: `PUT /api/contacts/${contactId}/channels/${channelId}`, body: { email: 'a@example.com' } }),
  one(removeChannel, { path: { contactId, channelId } }, { sends: `DELETE /api/contacts/${contactId}/channels/${channelId}` }),
  one(sendMessage, { body: { from: '+12345678910', to: ['+12345678901'], message: 'hi' } }, { sends: 'POST /api/messages/send', body: { from: '+12345678910', to: ['+12345678901'], message: 'hi' } })
]

const contactCenter = [
  one(calls, { query: {} }, { sends: 'GET /api/calls' }),
  one(journal, { query: { showUsers: true } }, { sends: 'GET /api/contactCenter/communications', query: 'showUsers=true' }),
  one(contacts, { query: { pageSize: 100 } }, { sends: 'GET /api/contactCenter/contacts', query: 'pageSize=100' }),
  one(createContactCenterContact, { body: { firstName: 'Dee', initialPhoneNumber: '+13005551122' } }, { sends: 'POST /api/contactCenter/contacts', body: { firstName: 'Dee', initialPhoneNumber: '+13005551122' } }),
  one(patchContact, { path: { contactId }, body: { lastName: 'Orr' } }, { sends: `PATCH /api/contactCenter/contacts/${contactId}`, body: { lastName: 'Orr' } }),
  one(deleteContactCenterContact, { path: { contactId } }, { sends: `DELETE /api/contactCenter/contacts/${contactId}` }),
  one(addChannel, { path: { contactId }, body: { phone: '+13005551122' } }, { sends: `POST /api/contactCenter/contacts/${contactId}/channels`, body: { phone: '+13005551122' } }),
  one(replaceChannel, { path: { contactId, channelId }, body: { phone: '+13005551122' } }, { sends: `PUT /api/contactCenter/contacts/${contactId}/channels/${channelId}`, body: { phone: '+13005551122' } }),
  one(patchChannel, { path: { contactId, channelId }, body: { labels: ['Work'] } }, { sends: `PATCH /api/contactCenter/contacts/${contactId}/channels/${channelId}`, body: { labels: ['Work'] } }),
  one(removeChannel, { path: { contactId, channelId } }, { sends: `DELETE /api/contactCenter/contacts/${contactId}/channels/${channelId}` }),
  one(sendMessage, { body: { from: '+12345678910', to: ['+12345678901'], message: 'hi' } }, { sends: 'POST /api/contactcenter/messages/send', body: { from: '+12345678910', to: ['+12345678901'], message: 'hi' } })
]

for (const [kind, cases] of [['classic', classic], ['contact-center', contactCenter]] as const) {
  t.test(`each route of a ${kind} account asks as documented, and reads the documented answer without drift`, async t => {
    const { client, seen, drifts } = await restClient(t, { kind })
    for (const { route, input, sends, query = '', body } of cases) {
      await client.send(route, input, 'action')
      const last = seen.at(-1)
      t.strictSame([last?.route, last?.query, last?.body], [sends, query, body === undefined ? '' : JSON.stringify(body)])
      t.match(last?.headers, { 'authorization': 'Bearer token-1', 'x-api-key': API_KEY }, sends)
    }
    t.strictSame(drifts, [])
    t.equal(seen.filter(({ route }) => route === 'POST /auth/token').length, 1, 'one token')
  })
}

t.test('ping needs no credentials, and no permit', async t => {
  const { client, seen } = await restClient(t, { apiKey: null, budget: 0 })
  t.equal((await client.send(ping, {}, 'sync')).answer, '3')
  t.equal(seen[0]?.headers.authorization, undefined)
})

t.test('what a route does not take, and a route that the kind of account does not have, is not even sent', async t => {
  const { client, rest, account, seen } = await restClient(t)
  await t.rejects(client.send(calls, { query: { pageSize: 1001 } }, 'sync'), { code: 'MCS_REST_REFUSED', message: /GET \/calls$/ })
  await t.rejects(client.send(call, { path: { id: '../profile' } }, 'sync'), { code: 'MCS_REST_REFUSED' })
  await t.rejects(client.send(calls, { query: { startUtc: new Date(Number.NaN) } }, 'sync'), { code: 'MCS_REST_REFUSED' })
  await t.rejects(client.send(createContactCenterContact, { body: {} }, 'action'), { code: 'MCS_REST_REFUSED', message: /a classic account has no/ })
  await t.rejects(rest.clientOf({ ...account, kind: 'contact-center' }, '101').send(journalRequest, { path: { id: 'a' } }, 'sync'), { code: 'MCS_REST_REFUSED' })
  t.strictSame(seen, [])
})
