import t, { type Test } from 'tap'
import type { ExtensionReported } from '../../../src/events/directory.js'
import type { Event } from '../../../src/events/event.js'
import { randomId } from '../../../src/events/identity.js'
import { at, status } from '../../support/facts.js'
import { history, START } from '../../support/history.js'
import { projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'

interface Page {
  data: { account: string; extension: string; name: string | null; status: string }[]
  nextCursor: string | null
}

function named(extension: string, name: string): ExtensionReported {
  return {
    id: randomId(),
    type: 'extension.reported',
    account: 'default',
    occurredAt: at(0),
    receivedAt: at(0),
    source: 'rest',
    extension,
    route: 'profile',
    name,
    email: null,
    role: null,
    externalId: null,
    raw: {}
  }
}

const talk = history(
  'IncomingCall@10 > IncomingCallRinging(102)@20 > IncomingCallConnected(102)@30 > IncomingCallRinging@40',
  { id: 'a' }
)
const EVENTS: Event[] = [
  named('101', 'Ada'),
  status('101', 'dnd', 0),
  ...talk,
  status('103', 'available', 0), // no extension is reported, and no call shows it
  ...talk.map(event => ({ ...event, account: 'other' }))
]

async function agents(t: Test, now = 60) {
  const { pool, project } = await projector(t)
  await project(EVENTS)
  const { get } = await queryApi(t, pool, () => new Date(START + now * 1000))
  const list = async (query: string) => (await get(`/v1/agents${query}`)).json<Page>()
  return {
    get,
    list,
    names: async (query: string) =>
      (await list(query)).data.map(agent => `${agent.account}/${agent.extension} ${agent.status}`)
  }
}

t.test(
  'every extension that is known from anywhere is an agent, by extension; a leg without one is nobody',
  async t => {
    const { list, names } = await agents(t)
    t.strictSame(await names(''), [
      'default/101 dnd',
      'default/102 on_call',
      'other/102 on_call',
      'default/103 available'
    ])
    t.strictSame(
      (await list('')).data.map(agent => agent.name),
      ['Ada', null, null, null]
    )
  }
)

t.test('each filter selects its agents, and a repeated one means or', async t => {
  const { names } = await agents(t)
  const filters: [string, string[]][] = [
    ['?account=other', ['other/102 on_call']],
    ['?account=nobody', []],
    ['?extension=102&account=default', ['default/102 on_call']],
    ['?extension=101&extension=%20103', ['default/101 dnd', 'default/103 available']],
    ['?extension=%00', []],
    ['?status=on_call', ['default/102 on_call', 'other/102 on_call']],
    ['?status=dnd&status=available', ['default/101 dnd', 'default/103 available']],
    ['?status=ringing', []],
    [`?status=ringing&asOf=${at(25)}`, ['default/102 ringing', 'other/102 ringing']],
    [`?status=unknown&asOf=${at(5)}`, ['default/102 unknown', 'other/102 unknown']],
    ['?asOf=2026-11-23', ['default/101 unknown', 'default/102 unknown', 'other/102 unknown', 'default/103 unknown']],
    ['?asOf=0001-01-02T00:00:00%2B23:59&extension=101', ['default/101 unknown']],
    ['?asOf=9999-12-30T23:59:59-23:59&extension=101', ['default/101 dnd']]
  ]
  for (const [query, expected] of filters) t.strictSame(await names(query), expected, query)
})

t.test('pages follow each other without a gap or a double', async t => {
  const { list } = await agents(t)
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page = await list(`?limit=1${cursor && `&cursor=${cursor}`}`)
    seen.push(...page.data.map(agent => `${agent.account}/${agent.extension}`))
    cursor = page.nextCursor
  }
  t.strictSame(seen, ['default/101', 'default/102', 'other/102', 'default/103'])
})

t.test('a cursor goes with the filter that made it, asOf included', async t => {
  const { get, list } = await agents(t)
  const { nextCursor } = await list(`?limit=1&asOf=${at(25)}`)
  t.equal((await get(`/v1/agents?limit=1&asOf=${at(25)}&cursor=${nextCursor}`)).statusCode, 200)
  for (const query of ['', `asOf=${at(26)}&`])
    t.match((await get(`/v1/agents?${query}cursor=${nextCursor}`)).json(), {
      statusCode: 400,
      message: /another filter/
    })
})

t.test('a call that lasts for more than a day counts now, and is not seen in the past', async t => {
  const { pool, project } = await projector(t)
  await project(
    history(
      'IncomingCall@0 > IncomingCallRinging(101)@5 > IncomingCallConnected(101)@10 > IncomingCallRinging(102)@90000'
    )
  )
  const { get } = await queryApi(t, pool, () => new Date(START + 90_060_000))
  t.match((await get('/v1/agents?extension=101')).json(), { data: [{ status: 'on_call' }] })
  t.match((await get(`/v1/agents?extension=101&asOf=${at(90_060)}`)).json(), { data: [{ status: 'unknown' }] })
})

t.test('refuses what it cannot understand with 400, and answers nobody without the key', async t => {
  const { get } = await agents(t)
  for (const query of [
    '?limit=0',
    '?status=busy',
    '?asOf=yesterday',
    '?foo=1',
    '?cursor=abc',
    '?since=2026-11-23',
    `?cursor=${Buffer.from('["x","y"]').toString('base64url')}`
  ]) {
    t.match(
      (await get(`/v1/agents${query}`)).json(),
      { statusCode: 400, code: 'MCS_INVALID_PARAMETER', message: String },
      query
    )
  }
  t.equal((await get('/v1/agents', 'wrong')).statusCode, 401)
})
