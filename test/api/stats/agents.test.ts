import t, { type Test } from 'tap'
import type { Event } from '../../../src/events/event.js'
import { projectedCompany } from '../../support/company.js'
import { at, status } from '../../support/facts.js'
import { history, START } from '../../support/history.js'
import { projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'
import { recountAgents } from '../../support/recount-agents.js'

interface Row {
  extension: string
  occupancy: number | null
  presenceKnownSeconds: number | null
  [name: string]: unknown
}

interface Page {
  data: Row[]
  nextCursor: string | null
}

async function agents(t: Test, events: readonly Event[], seconds = 1_000, since = 0) {
  const { pool, project } = await projector(t)
  await project(events)
  const { get } = await queryApi(t, pool, () => new Date(START + seconds * 1000))
  return async (query = '') => (await get(`/v1/stats/agents?since=${at(since)}${query}`)).json<Page>().data
}

t.test('each agent has the sums that a count of their legs and presences gives', async t => {
  const { pool } = await projectedCompany(t, { calls: 300, hours: 30 })
  const [since, until] = [START + 2 * 3_600_000, START + 20 * 3_600_000].map(instant => new Date(instant)) as [
    Date,
    Date
  ]
  const { get } = await queryApi(t, pool, () => new Date(START + 48 * 3_600_000))
  const { data } = (
    await get(`/v1/stats/agents?since=${since.toISOString()}&until=${until.toISOString()}`)
  ).json<Page>()
  const expected = await recountAgents(pool, { since, until })
  t.strictSame(
    data.map(row => row.extension),
    expected.map(row => row.extension)
  )
  for (const [i, own] of expected.entries()) {
    for (const [name, value] of Object.entries(own)) {
      const told = data[i]?.[name]
      t.ok(
        typeof value === 'number' && typeof told === 'number' ? Math.abs(told - value) < 0.01 : told === value,
        `${own.extension} ${name}: ${told}, counted ${value}`
      )
    }
  }
  t.ok(
    expected.some(row => row.occupancy === null) && expected.some(row => row.occupancy !== null),
    'there are agents of both kinds'
  )
})

t.test('occupancy is busy time of busy and available time; dnd is neither', async t => {
  const ask = await agents(t, [
    status('101', 'available', 0),
    status('101', 'dnd', 500),
    status('101', 'available', 700),
    ...history(
      'IncomingCall@100 > IncomingCallRinging(101)@110 > IncomingCallConnected(101)@120 > IncomingCallCompleted@200'
    ),
    ...history(
      'IncomingCall@150 > IncomingCallRinging(101)@160 > IncomingCallStopRinging(101)@210 > IncomingCallCompleted@220',
      { id: 'b' }
    ) // at the same time
  ])
  t.match(await ask(), [
    {
      extension: '101',
      offered: 2,
      answered: 1,
      missed: 1,
      dialed: 0,
      handled: 1,
      talkSeconds: 80,
      averageTalkSeconds: 80,
      answerRate: 0.5,
      presenceKnownSeconds: 1000,
      onCallSeconds: 80,
      ringingSeconds: 20,
      availableSeconds: 700,
      occupancy: 100 / 800
    }
  ])
})

t.test('of time before the first presence nothing is said, and of agents without one neither', async t => {
  const ask = await agents(t, [
    status('101', 'available', 600),
    ...history('OutgoingCall(101)@0 > OutgoingCallConnected(101)@100 > OutgoingCallCompleted(101)@700'),
    ...history('IncomingCall@0 > IncomingCallRinging(102)@5 > IncomingCallCompleted@30', { id: 'b' })
  ])
  t.match(await ask(), [
    {
      extension: '101',
      dialed: 1,
      offered: 0,
      handled: 1,
      answerRate: null,
      presenceKnownSeconds: 400,
      onCallSeconds: 100,
      ringingSeconds: 0,
      availableSeconds: 300,
      occupancy: 0.25
    },
    {
      extension: '102',
      offered: 1,
      missed: 1,
      presenceKnownSeconds: null,
      onCallSeconds: null,
      occupancy: null,
      averageTalkSeconds: null
    }
  ])
})

t.test('a talk that goes on counts until now, one whose end was missed does not', async t => {
  const talk = [
    status('101', 'available', 0),
    ...history('IncomingCall@0 > IncomingCallRinging(101)@0 > IncomingCallConnected(101)@100')
  ]
  t.match(await (await agents(t, talk, 400))(), [
    { onCallSeconds: 300, ringingSeconds: 100, availableSeconds: 0, occupancy: 1 }
  ])
  t.match(await (await agents(t, talk, 20_000))(), [{ onCallSeconds: 0, occupancy: 0 }])
})

t.test('a leg that began before the span counts for its time in it, and is counted where its call began', async t => {
  const events = [
    status('101', 'available', 0),
    ...history(
      'IncomingCall@0 > IncomingCallRinging(101)@10 > IncomingCallConnected(101)@20 > IncomingCallCompleted@600'
    )
  ]
  t.match(await (await agents(t, events, 1_000, 100))(), [
    { offered: 0, talkSeconds: 0, onCallSeconds: 500, availableSeconds: 400, presenceKnownSeconds: 900 }
  ])
})

t.test('pages follow each other, and what cannot be understood is refused', async t => {
  const { pool, project } = await projector(t)
  await project(
    ['101', '102', '103'].flatMap(extension =>
      history(`IncomingCall@0 > IncomingCallRinging(${extension})@5`, { id: extension })
    )
  )
  const { get } = await queryApi(t, pool, () => new Date(START + 60_000))
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page = (
      await get(`/v1/stats/agents?limit=2&since=${at(0)}${cursor && `&cursor=${cursor}`}`)
    ).json<Page>()
    seen.push(...page.data.map(({ extension }) => extension))
    cursor = page.nextCursor
  }
  t.strictSame(seen, ['101', '102', '103'])
  t.match(
    (await get('/v1/stats/agents?extension=102&extension=103')).json<Page>().data.map(row => row.extension),
    ['102', '103']
  )
  for (const query of [
    'limit=0',
    'foo=1',
    'cursor=abc',
    'since=x',
    'since=2020-01-01',
    'since=2026-11-24&until=2026-11-23'
  ])
    t.equal((await get(`/v1/stats/agents?${query}`)).statusCode, 400, query)
})

t.test('of a time to come nothing is known, and nothing fails', async t => {
  const of = await agents(
    t,
    [...history('IncomingCall > IncomingCallRinging(101)'), status('101', 'available', 0)],
    100,
    200
  )
  t.match(await of(`&until=${at(300)}`), [
    { extension: '101', offered: 0, onCallSeconds: 0, ringingSeconds: 0, availableSeconds: 0, occupancy: null }
  ])
})
