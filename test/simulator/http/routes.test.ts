import t from 'tap'
import type { InputOf, ResponseOf, Route } from '../../../src/mightycall/rest/route.js'
import { call, calls, makeCall } from '../../../src/mightycall/rest/routes/calls.js'
import { contacts } from '../../../src/mightycall/rest/routes/contacts.js'
import { journal, journalRequest } from '../../../src/mightycall/rest/routes/journal.js'
import { sendMessage } from '../../../src/mightycall/rest/routes/messages.js'
import { phoneNumber, phoneNumbers } from '../../../src/mightycall/rest/routes/phone-numbers.js'
import { profile, profileOf, profileStatus, setProfileStatus } from '../../../src/mightycall/rest/routes/profile.js'
import { ping, team } from '../../../src/mightycall/rest/routes/team.js'
import { voicemail, voicemails } from '../../../src/mightycall/rest/routes/voicemails.js'
import { COMPANY_START } from '../../support/company.js'
import { simulatedRest } from '../../support/simulated-mightycall.js'

const ALL_TIME = {
  startUtc: new Date(COMPANY_START),
  endUtc: new Date(COMPANY_START + 30 * 86_400_000),
  pageSize: 1000
}

for (const family of ['classic', 'contact-center'] as const) {
  t.test(`our client reads every route of a simulated ${family} account without drift`, async t => {
    const { client, drifts, truth } = await simulatedRest(t, { companyOptions: { family } })
    const read = async <R extends Route>(route: R, input: InputOf<R>): Promise<ResponseOf<R>> =>
      (await client.send(route, input, 'action')).body
    t.equal(await read(ping, {}), '3')
    const all = await read(calls, { query: ALL_TIME })
    t.equal(all.calls.length, 60)
    t.match(await read(call, { path: { id: all.calls[0]?.id ?? '' } }), { id: all.calls[0]?.id })
    const [ours] = (await read(phoneNumbers, {})).phoneNumbers
    t.match(await read(makeCall, { body: { from: ours?.number ?? '', to: '+15552100000' } }), {
      duration: null,
      callStatus: null,
      direction: 'Outgoing'
    })
    const left = await read(voicemails, { query: ALL_TIME })
    t.ok(left.voicemails.length > 0)
    t.match(await read(voicemail, { path: { id: left.voicemails[0]?.id ?? '' } }), { id: left.voicemails[0]?.id })
    const [first] = (await read(phoneNumbers, {})).phoneNumbers
    t.match(await read(phoneNumber, { path: { number: first?.number ?? '' } }), { number: first?.number })
    t.ok((await read(team, {})).users.length >= 4)
    t.match(await read(profile, {}), { extension: '101', role: 'admin' })
    t.match(await read(profileOf, { path: { extension: '102' } }), { extension: '102', role: 'user' })
    t.match(await read(setProfileStatus, { path: { status: 'dnd' } }), { status: 'dnd' })
    t.match(await read(profileStatus, {}), { status: 'dnd' }, 'the status is kept')
    const line = truth().messages[0]?.businessNumber as string // a text
    t.match(await read(sendMessage, { body: { from: line, to: ['+15552100000'], message: 'hi' } }), {
      sourcePhoneNumber: line,
      destinationPhoneNumbers: ['+15552100000']
    })
    const { requests } = await read(journal, { query: { pageSize: 1000, showUsers: true, resolveContacts: true } })
    t.equal(requests.length, 60 + 30 + 1, 'calls, messages, and the message just sent')
    t.equal(
      (await read(contacts, { query: {} })).contacts?.every(contact => contact.state !== 'deleted'),
      true
    )
    t.strictSame(drifts, [])
  })
}

t.test('one request of the journal is read by its id', async t => {
  const { client, drifts } = await simulatedRest(t)
  const {
    body: {
      requests: [first]
    }
  } = await client.send(journal, { query: { pageSize: 1 } }, 'sync')
  t.match((await client.send(journalRequest, { path: { id: first?.id ?? '' } }, 'sync')).body, {
    id: first?.id,
    created: first?.created
  })
  await t.rejects(client.send(journalRequest, { path: { id: '0'.repeat(24) } }, 'sync'), { code: 'MCS_REST_NOT_FOUND' })
  t.strictSame(drifts, [])
})
