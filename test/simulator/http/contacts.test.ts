import t, { type Test } from 'tap'
import type { InputOf, ResponseOf, Route } from '../../../src/mightycall/rest/route.js'
import {
  addChannel,
  patchChannel,
  removeChannel,
  replaceChannel
} from '../../../src/mightycall/rest/routes/channels.js'
import {
  contact,
  contacts,
  createContact,
  createContactCenterContact,
  deleteContact,
  deleteContactCenterContact,
  patchContact,
  replaceContact
} from '../../../src/mightycall/rest/routes/contacts.js'
import { simulatedRest } from '../../support/simulated-mightycall.js'

/** Starts a company without contacts, whose clock advances by a second with each request. */
async function companyWithoutContacts(t: Test, family: 'classic' | 'contact-center' = 'classic') {
  const { client, clock, drifts, truth } = await simulatedRest(t, { companyOptions: { contacts: 0, family } })
  const send = async <R extends Route>(route: R, input: InputOf<R>): Promise<ResponseOf<R>> => {
    clock.set(clock.now().getTime() + 1000)
    return (await client.send(route, input, 'action')).body
  }
  const listed = async () => (await send(contacts, { query: { updatedSince: new Date(0) } })).contacts
  return { send, listed, drifts, truth, client }
}

const DEE = {
  firstName: 'Dee Ann',
  lastName: 'Orr',
  patronymic: 'F.',
  comment: 'call back',
  tags: ['vip'],
  channels: [{ phone: '+13005551122', labels: ['Work'] }]
}

t.test(
  'a contact of a classic account is created, patched, replaced and deleted, and each change is listed',
  async t => {
    const { send, listed, drifts, truth } = await companyWithoutContacts(t)
    const made = await send(createContact, { body: DEE })
    t.match(await listed(), [{ ...DEE, contactId: made.contactId, etag: made.etag }])
    t.match(truth().contacts, [{ name: 'Dee Ann F. Orr', removedAt: null }])
    const path = { contactId: made.contactId ?? '' }
    await send(patchContact, { path, query: { etag: made.etag ?? '' }, body: { lastName: 'Ray', tags: [] } })
    t.match(
      (await send(contact, { path })).contacts,
      [
        { firstName: 'Dee Ann', lastName: 'Ray', comment: 'call back', tags: [], channels: [{ phone: '+13005551122' }] }
      ],
      'the other members are unchanged'
    )
    await t.rejects(send(patchContact, { path, query: { etag: made.etag ?? '' }, body: {} }), {
      code: 'MCS_REST_REFUSED',
      message: /ContactWasModified/
    })
    await send(replaceContact, { path, query: { etag: '*' }, body: { firstName: 'Deanna' } })
    const [replaced] = (await send(contact, { path })).contacts
    t.match(replaced, { firstName: 'Deanna', tags: [], channels: [] })
    t.strictSame([replaced?.lastName, replaced?.comment], [undefined, undefined], 'the old members are gone')
    await send(deleteContact, { path })
    t.match(await listed(), [{ contactId: path.contactId, firstName: 'Deanna', state: 'deleted' }])
    t.strictSame(
      (await send(contacts, { query: {} })).contacts,
      [],
      'a deleted contact is listed only with updatedSince'
    )
    await t.rejects(send(deleteContact, { path }), { code: 'MCS_REST_NOT_FOUND' })
    t.strictSame(drifts, [])
  }
)

for (const family of ['classic', 'contact-center'] as const) {
  t.test(`channels of a ${family} contact can be added, changed and removed`, async t => {
    const { send, listed, drifts } = await companyWithoutContacts(t, family)
    if (family === 'classic') await send(createContact, { body: { firstName: 'Dee' } })
    else await send(createContactCenterContact, { body: { firstName: 'Dee' } })
    const contactId = (await listed())?.[0]?.contactId ?? ''
    const added = await send(addChannel, { path: { contactId }, body: { phone: '+13005551122', labels: ['Work'] } })
    await send(addChannel, {
      path: { contactId },
      query: { etag: added.etag ?? '' },
      body: { email: 'dee@example.com' }
    })
    t.match(await listed(), [
      {
        channels: [
          { channelId: added.channel.channelId, phone: '+13005551122', labels: ['Work'] },
          { email: 'dee@example.com' }
        ]
      }
    ])
    const path = { contactId, channelId: added.channel.channelId ?? '' }
    await t.rejects(
      send(replaceChannel, { path, query: { etag: added.etag ?? '' }, body: { phone: '+13005551133' } }),
      { message: /ContactWasModified/ }
    )
    const { channel } = await send(replaceChannel, { path, body: { phone: '+13005551133' } })
    t.not(channel.channelId, path.channelId, 'a replaced channel has a new id')
    t.match(await listed(), [
      { channels: [{ ...channel, phone: '+13005551133', labels: [] }, { email: 'dee@example.com' }] }
    ])
    const now = { contactId, channelId: channel.channelId ?? '' }
    if (family === 'contact-center')
      t.match((await send(patchChannel, { path: now, body: { labels: ['Home'] } })).channel, {
        phone: '+13005551133',
        labels: ['Home']
      })
    await send(removeChannel, { path: now })
    t.match(
      (await listed())?.[0]?.channels?.map(({ phone, email }) => phone ?? email),
      ['dee@example.com']
    )
    await t.rejects(send(removeChannel, { path: now }), { code: 'MCS_REST_NOT_FOUND' })
    t.strictSame(drifts, [])
  })
}

t.test('contacts of a contact center are created, patched and deleted', async t => {
  const { send, listed, client } = await companyWithoutContacts(t, 'contact-center')
  await send(createContactCenterContact, { body: { firstName: 'Dee', initialPhoneNumber: '+13005551122' } })
  const [made] = (await listed()) ?? []
  t.match(made, { firstName: 'Dee', channels: [{ phone: '+13005551122' }] })
  const path = { contactId: made?.contactId ?? '' }
  await send(patchContact, { path, body: { lastName: 'Orr' } })
  t.match(await listed(), [{ firstName: 'Dee', lastName: 'Orr' }])
  t.match(await send(deleteContactCenterContact, { path }), { deletedContactIds: [path.contactId] })
  await t.rejects(client.send(deleteContact, { path }, 'action'), { message: /has no route DELETE/ })
})
