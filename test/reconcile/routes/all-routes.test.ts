import t from 'tap'
import { ROUTE_READERS } from '../../../src/reconcile/routes/all-routes.js'
import { callsReader } from '../../../src/reconcile/routes/calls.js'
import { contactsReader } from '../../../src/reconcile/routes/contacts.js'
import { extensionsReader } from '../../../src/reconcile/routes/extensions.js'
import { journalReader } from '../../../src/reconcile/routes/journal/reader.js'
import { numbersReader } from '../../../src/reconcile/routes/numbers.js'
import { presenceReader } from '../../../src/reconcile/routes/presence.js'
import { voicemailsReader } from '../../../src/reconcile/routes/voicemails.js'
import { freshDatabase } from '../../support/database.js'
import { json } from '../../support/mightycall-api.js'
import { listReply, setUpReaders } from '../../support/route-readers.js'

const { pool } = await freshDatabase(t) // shared: only the quota is stored in it, by API key

const calls = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `call ${i}`, direction: 'Incoming' }))
const requests = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `m${i}`, type: 'message', origin: 'inbound', text: `${i}` }))

t.test('each route is listed after the routes that it links to', async t => {
  const routes = ROUTE_READERS.map(({ route }) => route)
  t.equal(new Set(routes).size, routes.length)
  for (const { route, linksTo } of ROUTE_READERS)
    for (const target of linksTo) t.ok(routes.slice(0, routes.indexOf(route)).includes(target), `${target}, ${route}`)
})

t.test('routes that report the same type of fact share its change rule', async t => {
  const rules = new Map<string, unknown>()
  for (const [type, rule] of ROUTE_READERS.flatMap(({ changes }) => Object.entries(changes))) {
    t.strictSame(rule, rules.get(type) ?? rule, type)
    rules.set(type, rule)
  }
})

t.test('the documented responses of every route are read without drift', async t => {
  const { account, read, drifts } = await setUpReaders(t, {
    pool,
    replies: {
      'GET /api/contacts': json({ data: { contacts: [], records: 0 } }),
      'GET /api/profile/101': json({ data: { firstName: 'Ann', lastName: 'Lee' }, isSuccess: true })
    }
  })
  const types = new Map<string, string[]>()
  for (const reader of ROUTE_READERS) {
    for (const scope of reader.scopes(account))
      types.set(
        reader.route,
        (await read(reader, { scope })).facts.map(fact => fact.type)
      )
  }
  t.strictSame(
    [...types],
    [
      ['calls', ['call.reported']],
      ['voicemails', ['voicemail.reported']],
      ['journal', ['extension.reported']],
      ['numbers', ['number.reported']],
      ['extensions', ['extension.reported']],
      ['contacts', []],
      ['presence', ['status.reported']]
    ]
  )
  t.strictSame(drifts, [])
})

t.test('calls and voicemails are requested up to the second that contains the end of the interval', async t => {
  const { read, queriesOf } = await setUpReaders(t, {
    pool,
    replies: { 'GET /api/voicemails': json({ message: 'Voicemail not found' }, 400) }
  })
  await read(callsReader)
  t.match(queriesOf('GET /api/calls'), [
    { startUtc: '2026-11-23T07:00:00', endUtc: '2026-11-23T08:00:01', skip: '0', pageSize: '1000' }
  ])
  t.strictSame(
    await read(voicemailsReader),
    { pages: [{ facts: [], unlinked: [], rows: 0, unreadable: 0 }], facts: [], unlinked: [], rows: 0 },
    'a 400 for "no voicemails" is an empty list'
  )
})

for (const { name, reader, route, list, rows } of [
  { name: 'calls', reader: callsReader, route: 'GET /api/calls', list: 'calls', rows: calls },
  { name: 'the journal', reader: journalReader, route: 'GET /api/journal/requests', list: 'requests', rows: requests }
]) {
  t.test(`no row of ${name} is missed when rows are added or removed between pages`, async t => {
    const all: unknown[] = rows(53)
    const kept = rows(53)
      .slice(7)
      .map(row => row.id)
    const reply = listReply(list, all, requests => {
      if (requests === 2) all.splice(0, 7)
      if (requests === 4) all.unshift({ ...rows(1)[0], id: 'new' })
    })
    const { read } = await setUpReaders(t, { pool, replies: { [route]: reply } })
    const { facts, rows: count } = await read(reader, { pageSize: 10 })
    const ids = new Set(
      facts.flatMap(fact =>
        fact.type === 'call.reported' ? fact.callId : fact.type === 'message.reported' ? fact.messageId : []
      )
    )
    t.strictSame(
      kept.filter(id => !ids.has(id)),
      []
    )
    t.equal(count, ids.size, 'each row is counted once')
  })
}

t.test(
  'the journal reports calls by requestGuid, leaves the others unlinked, and reports agents from their newest row',
  async t => {
    const guid = '7e734dc1-544d-4f04-8ccc-8bd5b197a88c'
    const agent = (name: string) => ({ extension: '101', name, type: 'user' })
    const { read, queriesOf } = await setUpReaders(t, {
      pool,
      replies: {
        'GET /api/journal/requests': listReply('requests', [
          { id: 'a', type: 'call', requestGuid: guid, created: '2026-11-23T07:30:00Z', agent: agent('Ann Ray') },
          {
            id: 'b',
            type: 'call',
            requestGuid: '00000000-0000-0000-0000-000000000000',
            created: '2026-11-23T07:20:00Z',
            agent: agent('Ann Lee')
          },
          {
            id: 'c',
            type: 'call',
            requestGuid: guid.replace('7', '8'),
            state: 'voiceMail',
            voicemail: { assignee: { extension: '102', name: 'Cy Fox', type: 'user' } }
          },
          { id: 'd', type: 'messageThread' }
        ])
      }
    })
    const { facts, unlinked, rows } = await read(journalReader)
    t.match(facts, [
      { type: 'call.reported', callId: guid },
      { type: 'call.reported', callId: guid.replace('7', '8') },
      { type: 'extension.reported', extension: '101', name: 'Ann Ray' },
      { type: 'extension.reported', extension: '102' }
    ])
    t.match(unlinked, [
      { callId: null, voicemail: null },
      { callId: guid.replace('7', '8'), voicemail: { type: 'voicemail.reported' } }
    ])
    t.equal(rows, 4)
    t.match(queriesOf('GET /api/journal/requests'), [
      {
        from: '2026-11-23T07:00:00.250Z',
        to: '2026-11-23T08:00:00.250Z',
        page: '1',
        pageSize: '250',
        resolveContacts: 'true',
        showUsers: 'true'
      }
    ])
  }
)

t.test('contacts are read by their changes, including deleted ones, and all of them from 1970 on', async t => {
  const { read, queriesOf } = await setUpReaders(t, {
    pool,
    replies: {
      'GET /api/contacts': listReply('contacts', [
        { contactId: 'a', firstName: 'A' },
        { contactId: 'b', state: 'deleted' },
        { firstName: 'no id' }
      ])
    }
  })
  const { facts, rows } = await read(contactsReader)
  t.match(facts, [
    { type: 'contact.reported', contactId: 'a' },
    { type: 'contact.removed', contactId: 'b' }
  ])
  t.equal(rows, 3)
  await read(contactsReader, { interval: { from: new Date(0), until: new Date() } })
  t.strictSame(
    queriesOf('GET /api/contacts').map(query => query.updatedSince),
    ['2026-11-23T07:00:00.250Z', undefined]
  )
})

t.test('a profile that may not be read does not stop the read of the others', async t => {
  const { read, account, seen, lookupsOf } = await setUpReaders(t, {
    pool,
    userKeys: { 101: 'k', 102: 'l' },
    replies: {
      'GET /api/profile/101': json({ message: 'User profile not found' }, 400),
      'GET /api/profile/103': json({ message: 'no' }, 403),
      'GET /api/profile/104': json({ data: { firstName: 'Di' }, isSuccess: true })
    }
  })
  t.match(
    (await read(extensionsReader, { account, lookups: lookupsOf({ extensions: ['102', '103', '104', '#9'] }) })).facts,
    [
      { extension: '102', name: 'Cy Fox' },
      { extension: '104', name: 'Di' }
    ]
  )
  t.equal(seen.filter(({ route }) => route === 'GET /api/profile/102').length, 1, 'each profile is requested once')
  t.equal(
    seen.filter(({ route }) => route.includes('9')).length,
    0,
    'no profile is requested for a value that is not an extension'
  )
})

t.test('a read requests at most 50 profiles, first those with a user key', async t => {
  const { read, seen, lookupsOf } = await setUpReaders(t, { pool })
  await read(extensionsReader, {
    lookups: lookupsOf({ extensions: Array.from({ length: 70 }, (_, i) => `${200 + i}`) })
  })
  const requested = seen.map(({ route }) => route).filter(route => route.startsWith('GET /api/profile/'))
  t.equal(requested.length, 50)
  t.equal(requested[0], 'GET /api/profile/101')
})

t.test('a presence is requested with the user key of its extension', async t => {
  const { read, account, seen } = await setUpReaders(t, { pool, userKeys: { 101: 'key-1', 102: 'key-2' } })
  t.strictSame(presenceReader.scopes(account), ['101', '102'])
  t.match((await read(presenceReader, { scope: '102' })).facts, [{ extension: '102', presence: 'available' }])
  t.match(seen.find(({ route }) => route === 'POST /auth/token')?.body, /client_secret=key-2/)
})

t.test('numbers are read from both lists', async t => {
  const { read } = await setUpReaders(t, {
    pool,
    replies: {
      'GET /api/phonenumbers': json({
        data: {
          phoneNumbers: [{ number: '+12564553184' }],
          deletedPhoneNumbers: [{ number: '+12564553184' }, { number: '+12564553185' }]
        }
      })
    }
  })
  t.match((await read(numbersReader)).facts, [
    { type: 'number.reported', number: '+12564553184' },
    { type: 'number.removed', number: '+12564553185' }
  ])
})

for (const { name, phoneNumbers, total, removed } of [
  { name: 'the response is complete', phoneNumbers: ['+12564553184'], total: 1, removed: ['+12564553186'] },
  { name: 'the total includes deleted numbers', phoneNumbers: ['+12564553184'], total: 2, removed: ['+12564553186'] },
  { name: 'the response has no total', phoneNumbers: ['+12564553184'], total: null, removed: ['+12564553186'] },
  { name: 'the total is larger', phoneNumbers: ['+12564553184'], total: 7, removed: [] },
  { name: 'the response is empty, as for a user without access', phoneNumbers: [], total: 0, removed: [] }
]) {
  t.test(
    `a known number in neither list of a response is ${removed.length > 0 ? 'removed' : 'kept'}: ${name}`,
    async t => {
      const { read, lookupsOf } = await setUpReaders(t, {
        pool,
        replies: {
          'GET /api/phonenumbers': json({
            data: {
              phoneNumbers: phoneNumbers.map(number => ({ number })),
              deletedPhoneNumbers: [{ number: '+12564553185' }],
              total
            }
          })
        }
      })
      const { facts } = await read(numbersReader, {
        lookups: lookupsOf({ numbers: ['+12564553184', '+12564553185', '+12564553186'] })
      })
      t.strictSame(
        facts.flatMap(fact => (fact.type === 'number.removed' ? fact.number : [])),
        ['+12564553185', ...removed]
      )
    }
  )
}

t.test('a failure between two pages is thrown unchanged, after the pages before it', async t => {
  const { context, replies } = await setUpReaders(t, {
    pool,
    replies: { 'GET /api/calls': listReply('calls', calls(9)) }
  })
  const pages = callsReader.read({ ...context, pageSize: 5 }, { from: new Date(0), until: new Date(1) }, null)
  t.equal((await pages.next()).value?.rows, 5)
  replies['GET /api/calls'] = json({ message: 'Too many requests' }, 429)
  await t.rejects(pages.next(), { code: 'MCS_REST_BLOCKED' })
})
