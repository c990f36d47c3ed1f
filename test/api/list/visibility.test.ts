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

const OWN_ORGANIZATION = '11111111-1111-4111-8111-111111111111'
const OTHER_ORGANIZATION = '22222222-2222-4222-8222-222222222222'
const NOON = COMPANY_START + 6 * 3_600_000
const END = COMPANY_START + 12 * 3_600_000
const BOUND: Viewer = { actor: 'k1', role: 'viewer', account: 'default', organization: OWN_ORGANIZATION }
const OTHER_ACCOUNT: Viewer = { actor: 'k2', role: 'viewer', account: 'other', organization: null }

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
  t.test(`${url}: an organization sees exactly the items that began while it owned the number`, async t => {
    const { get, all, isVisible } = await company
    const items = await all(url)
    const [visible, hidden] = [items.filter(isVisible), items.filter(item => !isVisible(item))]
    t.ok(
      visible.length > 0 && hidden.some(item => item.businessNumber === visible[0]?.businessNumber),
      'a number has moved'
    )
    t.strictSame(names(await all(url, 'own')), names(visible))
    const csv = (await get(`${url}?format=csv`, 'own')).body
    for (const { id } of hidden) t.notOk(csv.includes(id))
    for (const { id } of visible.slice(0, 5))
      t.equal((await get(`${url}/${encodeURIComponent(id)}`, 'own')).statusCode, 200)
    const notFound = (await get(`${url}/unknown`, 'own')).body
    for (const { id } of hidden.slice(0, 5))
      t.equal(
        (await get(`${url}/${encodeURIComponent(id)}`, 'own')).body,
        notFound,
        'the same response as for an unknown id'
      )
    t.strictSame(await all(url, 'otherAccount'), [])
  })
}

t.test('past states and timelines of invisible calls are not found', async t => {
  const { get, all, isVisible } = await company
  const [hidden, shown] = [
    (await all('/v1/calls')).filter(item => !isVisible(item)),
    (await all('/v1/calls')).filter(isVisible)
  ]
  for (const { id } of hidden.slice(0, 5)) {
    for (const path of [`${id}/timeline`, `${id}?asOf=2026-12-01`, `${id}?knownAt=2026-12-01`])
      t.equal((await get(`/v1/calls/${path}`, 'own')).statusCode, 404)
  }
  t.equal((await get(`/v1/calls/${shown[0]?.id}/timeline`, 'own')).statusCode, 200)
  t.strictSame(names(await allPages<Item>(get, '/v1/calls', '?limit=20&asOf=2026-12-01', 'own')), names(shown))
})

t.test('a thread consists of its visible messages', async t => {
  const { all, isVisible } = await company
  const messages = (await all('/v1/messages')).filter(isVisible).filter(message => message.threadId !== null)
  const threads = await all('/v1/threads', 'own')
  t.strictSame(names(threads), [...new Set(messages.map(message => message.threadId))].sort())
  for (const thread of threads) {
    const visible = messages.filter(message => message.threadId === thread.id)
    t.strictSame(thread.lastMessage, visible[0], 'messages are sorted newest first')
    t.equal(thread.unread, visible.filter(message => message.direction === 'inbound' && message.read === false).length)
  }
})

t.test('an organization sees the agents, numbers and contacts of its own calls and messages', async t => {
  const { get, all, isVisible } = await company
  const calls = (await all('/v1/calls')).filter(isVisible) as (Item & {
    client: { number: string } | null
    legs: { extension: string | null }[]
  })[]
  const agents = await all('/v1/agents', 'own')
  t.strictSame(
    agents.map(agent => agent.extension),
    [...new Set(calls.flatMap(call => call.legs.flatMap(leg => leg.extension ?? [])))].sort()
  )
  const clients = new Set(
    [
      ...calls,
      ...(await all('/v1/messages')).filter(isVisible),
      ...(await all('/v1/voicemails')).filter(isVisible)
    ].map(item => (item.client as { number: string } | null)?.number)
  )
  const contacts = (await all('/v1/contacts')) as (Item & { phones: string[] })[]
  t.strictSame(
    names(await all('/v1/contacts', 'own')),
    names(contacts.filter(({ phones }) => phones.some(phone => clients.has(phone))))
  )
  t.strictSame(
    (await all('/v1/numbers', 'own')).map(number => number.number),
    [],
    'the organization owns no number at the end'
  )
  t.equal((await get('/v1/events', 'own')).statusCode, 403)
})

t.test('an agent lists only the visible calls', async t => {
  const { get, pool, number } = await company
  await pool.query(
    `insert into call_history
       (account, call_id, direction, state, business_number, started_at, last_event_at, webhook_events, rest_events)
     values ('default', 'open-early', 'inbound', 'ringing', $1, $2, $3, 1, 0),
       ('default', 'open-late', 'inbound', 'ringing', $1, $3, $3, 1, 0)`,
    [number, new Date(NOON - 1000), new Date(END - 1000)]
  )
  await pool.query(
    `insert into call_legs
     select 'default', id, '777', 1, 'agent', $1, null, null, null from unnest(array['open-early', 'open-late']) id`,
    [new Date(NOON)]
  )
  const callsOf = async (key?: string) =>
    (await get('/v1/agents?extension=777', key)).json<{ data: { calls: string[] }[] }>().data.map(agent => agent.calls)
  t.strictSame(await callsOf(), [['open-early', 'open-late']])
  t.strictSame(await callsOf('own'), [['open-early']])
})

t.test('a search by ids returns only visible rows', async t => {
  const { db, all } = await company
  const options = { db, viewer: BOUND, now: new Date(END) }
  for (const [url, find] of [
    ['/v1/calls', (keys: ResourceKey[]) => findByIds(calls, { ...options, keys })],
    ['/v1/voicemails', (keys: ResourceKey[]) => findByIds(voicemails, { ...options, keys })],
    ['/v1/messages', (keys: ResourceKey[]) => findByIds(messages, { ...options, keys })]
  ] as const) {
    const items = await all(url)
    const keys = items.map(({ id }) => ({ account: 'default', id }))
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
    t.strictSame(
      (await find([...keys, { account: 'other', id: keys[0]?.id ?? '' }])).sort(byId),
      (await all(url, 'own')).sort(byId)
    )
    t.strictSame(await find([]), [])
  }
  const [shownThreads, agents] = [await all('/v1/threads', 'own'), await all('/v1/agents', 'own')]
  t.strictSame(
    names(
      await findByIds(threads, {
        ...options,
        keys: (await all('/v1/threads')).map(({ id }) => ({ account: 'default', id }))
      })
    ),
    names(shownThreads)
  )
  const visibleAgents = await findAgentsByIds(
    db,
    BOUND,
    (await all('/v1/agents')).map(({ extension }) => ({ account: 'default', id: String(extension) })),
    new Date(END)
  )
  t.strictSame(
    visibleAgents.map(agent => agent.extension),
    agents.map(agent => agent.extension)
  )
})

function names(items: readonly Item[]): string[] {
  return items.map(item => item.id).sort()
}

/** Sets up a company in which the own organization owns one number until noon, and another organization afterwards. */
async function shared(t: Test) {
  const { pool } = await projectedCompany(t, { calls: 150, messages: 80, contacts: 20, hours: 12 })
  const { rows } = await pool.query<{ number: string }>(
    `select business_number as number from sms_logs where business_number is not null
     group by 1 order by count(*) desc limit 1`
  )
  const number = rows[0]?.number
  await pool.query('insert into number_ownerships values ($1, $2, $3, $4, $5), ($1, $2, $4, null, $6)', [
    'default',
    number,
    new Date(COMPANY_START),
    new Date(NOON),
    OWN_ORGANIZATION,
    OTHER_ORGANIZATION
  ])
  const { get } = await queryApi(t, pool, () => new Date(END), { viewers: { own: BOUND, otherAccount: OTHER_ACCOUNT } })
  const all = (url: string, key?: string) => allPages<Item>(get, url, '?limit=100', key)
  const isVisible = (item: Item) => item.businessNumber === number && Date.parse(item.startedAt ?? item.at ?? '') < NOON
  return { get, pool, db: drizzle(pool), number, all, isVisible }
}
