import { drizzle } from 'drizzle-orm/node-postgres'
import t, { type Test } from 'tap'
import type { Viewer } from '../../../src/access/viewer.js'
import { findAgentsByIds } from '../../../src/api/agents/routes.js'
import { calls } from '../../../src/api/calls/resource.js'
import { findByIds, type ResourceKey } from '../../../src/api/list/resource.js'
import { messages } from '../../../src/api/resources/messages.js'
import { threads } from '../../../src/api/resources/threads.js'
import { voicemails } from '../../../src/api/resources/voicemails.js'
import { allPages } from '../../support/all-pages.js'
import { COMPANY_START, projectedCompany } from '../../support/company.js'
import { queryApi } from '../../support/query-api.js'

const OURS = '11111111-1111-4111-8111-111111111111'
const THEIRS = '22222222-2222-4222-8222-222222222222'
const NOON = COMPANY_START + 6 * 3_600_000
const END = COMPANY_START + 12 * 3_600_000
const BOUND: Viewer = { actor: 'k1', role: 'viewer', account: 'default', organization: OURS }
const ELSEWHERE: Viewer = { actor: 'k2', role: 'viewer', account: 'other', organization: null }

interface Item {
  id: string
  businessNumber: string | null
  startedAt?: string
  at?: string
  [field: string]: unknown
}

const LISTS = ['/v1/calls', '/v1/voicemails', '/v1/messages'] as const
const company = shared(t)

for (const url of LISTS) {
  t.test(
    `${url}: an organization sees what began while the number was its own, by value, and nothing else is there for it`,
    async t => {
      const { get, all, isOurs } = await company
      const everything = await all(url)
      const [ours, hidden] = [everything.filter(isOurs), everything.filter(item => !isOurs(item))]
      t.ok(
        ours.length > 0 && hidden.some(item => item.businessNumber === ours[0]?.businessNumber),
        'a number has moved'
      )
      t.strictSame(names(await all(url, 'ours')), names(ours))
      const csv = (await get(`${url}?format=csv`, 'ours')).body
      for (const { id } of hidden) t.notOk(csv.includes(id))
      for (const { id } of ours.slice(0, 5))
        t.equal((await get(`${url}/${encodeURIComponent(id)}`, 'ours')).statusCode, 200)
      const never = (await get(`${url}/nobody`, 'ours')).body
      for (const { id } of hidden.slice(0, 5))
        t.equal((await get(`${url}/${encodeURIComponent(id)}`, 'ours')).body, never, 'as what does not exist')
      t.strictSame(await all(url, 'elsewhere'), [])
    }
  )
}

t.test('a call that may not be seen has no past and no timeline either', async t => {
  const { get, all, isOurs } = await company
  const [hidden, shown] = [
    (await all('/v1/calls')).filter(item => !isOurs(item)),
    (await all('/v1/calls')).filter(isOurs)
  ]
  for (const { id } of hidden.slice(0, 5)) {
    for (const path of [`${id}/timeline`, `${id}?asOf=2026-12-01`, `${id}?knownAt=2026-12-01`])
      t.equal((await get(`/v1/calls/${path}`, 'ours')).statusCode, 404)
  }
  t.equal((await get(`/v1/calls/${shown[0]?.id}/timeline`, 'ours')).statusCode, 200)
  t.strictSame(names(await allPages<Item>(get, '/v1/calls', '?limit=20&asOf=2026-12-01', 'ours')), names(shown))
})

t.test('a thread is of the messages that may be seen: its last one, and how many are unread', async t => {
  const { all, isOurs } = await company
  const messages = (await all('/v1/messages')).filter(isOurs).filter(message => message.threadId !== null)
  const threads = await all('/v1/threads', 'ours')
  t.strictSame(names(threads), [...new Set(messages.map(message => message.threadId))].sort())
  for (const thread of threads) {
    const own = messages.filter(message => message.threadId === thread.id)
    t.strictSame(thread.lastMessage, own[0], 'newest first')
    t.equal(thread.unread, own.filter(message => message.direction === 'inbound' && message.read === false).length)
  }
})

t.test('agents, numbers and contacts are those that have to do with it', async t => {
  const { get, all, isOurs } = await company
  const calls = (await all('/v1/calls')).filter(isOurs) as (Item & {
    client: { number: string } | null
    legs: { extension: string | null }[]
  })[]
  const agents = await all('/v1/agents', 'ours')
  t.strictSame(
    agents.map(agent => agent.extension),
    [...new Set(calls.flatMap(call => call.legs.flatMap(leg => leg.extension ?? [])))].sort()
  )
  const clients = new Set(
    [...calls, ...(await all('/v1/messages')).filter(isOurs), ...(await all('/v1/voicemails')).filter(isOurs)].map(
      item => (item.client as { number: string } | null)?.number
    )
  )
  const contacts = (await all('/v1/contacts')) as (Item & { phones: string[] })[]
  t.strictSame(
    names(await all('/v1/contacts', 'ours')),
    names(contacts.filter(({ phones }) => phones.some(phone => clients.has(phone))))
  )
  t.strictSame(
    (await all('/v1/numbers', 'ours')).map(number => number.number),
    [],
    'it owns none at the end of the day'
  )
  t.equal((await get('/v1/events', 'ours')).statusCode, 403)
})

t.test('the calls of an agent are those of them that may be seen', async t => {
  const { get, pool, number } = await company
  await pool.query(
    `insert into call_history (account, call_id, direction, state, business_number, started_at, last_event_at, webhook_events, rest_events)
    values ('default', 'open-ours', 'inbound', 'ringing', $1, $2, $3, 1, 0), ('default', 'open-theirs', 'inbound', 'ringing', $1, $3, $3, 1, 0)`,
    [number, new Date(NOON - 1000), new Date(END - 1000)]
  )
  await pool.query(
    `insert into call_legs select 'default', id, '777', 1, 'agent', $1, null, null, null from unnest(array['open-ours', 'open-theirs']) id`,
    [new Date(NOON)]
  )
  const callsOf = async (key?: string) =>
    (await get('/v1/agents?extension=777', key)).json<{ data: { calls: string[] }[] }>().data.map(agent => agent.calls)
  t.strictSame(await callsOf(), [['open-ours', 'open-theirs']])
  t.strictSame(await callsOf('ours'), [['open-ours']])
})

t.test('rows by their ids are those of them that may be seen', async t => {
  const { db, all } = await company
  const of = { db, viewer: BOUND, now: new Date(END) }
  for (const [url, find] of [
    ['/v1/calls', (keys: ResourceKey[]) => findByIds(calls, { ...of, keys })],
    ['/v1/voicemails', (keys: ResourceKey[]) => findByIds(voicemails, { ...of, keys })],
    ['/v1/messages', (keys: ResourceKey[]) => findByIds(messages, { ...of, keys })]
  ] as const) {
    const everything = await all(url)
    const keys = everything.map(({ id }) => ({ account: 'default', id }))
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
    t.strictSame(
      (await find([...keys, { account: 'other', id: keys[0]?.id ?? '' }])).sort(byId),
      (await all(url, 'ours')).sort(byId)
    )
    t.strictSame(await find([]), [])
  }
  const [shownThreads, agents] = [await all('/v1/threads', 'ours'), await all('/v1/agents', 'ours')]
  t.strictSame(
    names(
      await findByIds(threads, {
        ...of,
        keys: (await all('/v1/threads')).map(({ id }) => ({ account: 'default', id }))
      })
    ),
    names(shownThreads)
  )
  const told = await findAgentsByIds(
    db,
    BOUND,
    (await all('/v1/agents')).map(({ extension }) => ({ account: 'default', id: String(extension) })),
    new Date(END)
  )
  t.strictSame(
    told.map(agent => agent.extension),
    agents.map(agent => agent.extension)
  )
})

function names(items: readonly Item[]): string[] {
  return items.map(item => item.id).sort()
}

/** A company, of which one number is ours until noon, and another's from then on. */
async function shared(t: Test) {
  const { pool } = await projectedCompany(t, { calls: 150, messages: 80, contacts: 20, hours: 12 })
  const { rows } = await pool.query<{ number: string }>(
    'select business_number as number from sms_logs where business_number is not null group by 1 order by count(*) desc limit 1'
  )
  const number = rows[0]?.number
  await pool.query('insert into number_ownerships values ($1, $2, $3, $4, $5), ($1, $2, $4, null, $6)', [
    'default',
    number,
    new Date(COMPANY_START),
    new Date(NOON),
    OURS,
    THEIRS
  ])
  const { get } = await queryApi(t, pool, () => new Date(END), { viewers: { ours: BOUND, elsewhere: ELSEWHERE } })
  const all = (url: string, key?: string) => allPages<Item>(get, url, '?limit=100', key)
  const isOurs = (item: Item) => item.businessNumber === number && Date.parse(item.startedAt ?? item.at ?? '') < NOON
  return { get, pool, db: drizzle(pool), number, all, isOurs }
}
