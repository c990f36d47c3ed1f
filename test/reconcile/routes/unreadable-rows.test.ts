import t from 'tap'
import { callsReader } from '../../../src/reconcile/routes/calls.js'
import { contactsReader } from '../../../src/reconcile/routes/contacts.js'
import { extensionsReader } from '../../../src/reconcile/routes/extensions.js'
import { journalReader } from '../../../src/reconcile/routes/journal/reader.js'
import { numbersReader } from '../../../src/reconcile/routes/numbers.js'
import { voicemailsReader } from '../../../src/reconcile/routes/voicemails.js'
import { freshDatabase } from '../../support/database.js'
import { json } from '../../support/mightycall-api.js'
import { listReply, setUpReaders } from '../../support/route-readers.js'

const { pool } = await freshDatabase(t) // shared: only the quota is stored in it, by API key

const COUNT = 47

for (const { reader, route, list, row } of [
  { reader: callsReader, route: 'GET /api/calls', list: 'calls', row: (id: string) => ({ id, direction: 'Incoming' }) },
  {
    reader: voicemailsReader,
    route: 'GET /api/voicemails',
    list: 'voicemails',
    row: (id: string) => ({ id, from: '+15559371200' })
  },
  {
    reader: journalReader,
    route: 'GET /api/journal/requests',
    list: 'requests',
    row: (id: string) => ({ id, type: 'message', origin: 'inbound', text: id })
  },
  {
    reader: contactsReader,
    route: 'GET /api/contacts',
    list: 'contacts',
    row: (id: string) => ({ contactId: id, firstName: id })
  }
]) {
  t.test(`unreadable rows of ${list} are counted once, and neither stop the read nor lose another row`, async t => {
    const bad = [9, 10, 24, 46] // the last of a page, the first of one, one inside, and the last of all
    const rows = Array.from({ length: COUNT }, (_, i) =>
      bad.includes(i) ? { ...row(`r${i}`), id: i, contactId: i } : row(`r${i}`)
    )
    const { read, drifts } = await setUpReaders(t, { pool, replies: { [route]: listReply(list, rows) } })
    const { facts, pages, rows: count } = await read(reader, { pageSize: 10 })
    t.equal(new Set(facts.map(fact => JSON.stringify(fact.raw))).size, COUNT - bad.length)
    t.equal(count, COUNT)
    t.equal(
      pages.reduce((sum, { unreadable = 0 }) => sum + unreadable, 0),
      bad.length
    )
    t.ok(drifts.some(({ field }) => field === `${list}[].${list === 'contacts' ? 'contactId' : 'id'}`))
    for (const fact of facts) t.match(JSON.stringify(fact.raw), /"r\d+"/, 'each fact has its own raw row')
  })
}

t.test('an unreadable number is not taken for a removed one', async t => {
  const phoneNumbers = [{ number: '+12564553184' }, { number: '+12564553185', label: 7 }]
  const { read } = await setUpReaders(t, {
    pool,
    replies: {
      'GET /api/phonenumbers': json({ data: { phoneNumbers, deletedPhoneNumbers: [{ number: '+12564553185' }] } })
    }
  })
  const { facts, pages } = await read(numbersReader)
  t.match(facts, [{ type: 'number.reported', number: '+12564553184' }])
  t.match(pages, [{ unreadable: 1, rows: 2 }])
})

t.test('an unreadable profile does not stop the read of the others, and a response in HTML does', async t => {
  const { read, replies, account, lookupsOf } = await setUpReaders(t, {
    pool,
    userKeys: { 101: 'k' },
    replies: {
      'GET /api/profile/101': json({ data: { firstName: 7 } }),
      'GET /api/profile/104': json({ data: { firstName: 'Di' } })
    }
  })
  const { facts, pages } = await read(extensionsReader, { account, lookups: lookupsOf({ extensions: ['104'] }) })
  t.match(facts, [{ extension: '104', name: 'Di' }])
  t.match(pages, [{ unreadable: 1 }, { unreadable: 0 }])
  replies['GET /api/profile/101'] = response => {
    response.writeHead(200).end('<html>')
  }
  await t.rejects(read(extensionsReader, { account, lookups: lookupsOf({ extensions: ['104'] }) }), {
    code: 'MCS_REST_UNEXPECTED'
  })
})
