import t, { type Test } from 'tap'
import { endDoubtfulLegs, spansOf } from '../../../src/api/agents/history.js'
import { at, status } from '../../support/facts.js'
import { history, START } from '../../support/history.js'
import { projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'

interface Answer {
  data: { status: string; from: string; until: string; seconds: number; calls: string[] }[]
}

const TALK = history(
  'IncomingCall@10 > IncomingCallRinging(102)@20 > IncomingCallConnected(102)@30 > IncomingCallCompleted@50',
  { id: 'a' }
)

async function asking(t: Test, { now = 100 } = {}) {
  const { pool, project } = await projector(t)
  await project([
    ...TALK,
    status('102', 'dnd', 60),
    status('102', 'available', 80),
    status('103', 'available', 0),
    ...TALK.map(event => ({ ...event, account: 'other' }))
  ])
  const { get } = await queryApi(t, pool, () => new Date(START + now * 1000))
  const ask = (path: string) => get(`/v1/agents/${path}`)
  /** Seconds from the start. */
  const spans = async (path: string) =>
    (await ask(path))
      .json<Answer>()
      .data.map(({ status, from, until, calls }) => [
        status,
        (Date.parse(from) - START) / 1000,
        (Date.parse(until) - START) / 1000,
        ...calls
      ])
  return { ask, spans }
}

t.test('what an agent did, from one change to the next', async t => {
  const { spans } = await asking(t)
  t.strictSame(await spans(`102/history?account=default&since=${at(0)}`), [
    ['unknown', 0, 20],
    ['ringing', 20, 30, 'a'],
    ['on_call', 30, 50, 'a'],
    ['unknown', 50, 60],
    ['dnd', 60, 80],
    ['available', 80, 100]
  ])
  t.strictSame(
    await spans(`102/history?account=other&since=${at(40)}&until=${at(55)}`),
    [
      ['on_call', 40, 50, 'a'],
      ['unknown', 50, 55]
    ],
    'cut to what is asked'
  )
  t.strictSame(
    await spans('103/history'),
    [
      ['unknown', 100 - 86_400, 0],
      ['available', 0, 100]
    ],
    'the last day, of one whom no call shows'
  )
  t.strictSame(await spans(`103/history?since=${at(100)}`), [], 'no time has gone by')
})

t.test('what cannot be answered is refused', async t => {
  const { ask } = await asking(t)
  for (const [path, status] of [
    ['104/history', 404],
    ['%00/history', 404],
    ['102/history', 409],
    ['102/history?account=nobody', 404],
    ['103/history?since=2026-10-01', 400],
    [`103/history?since=${at(50)}&until=${at(40)}`, 400],
    ['103/history?since=2027-01-01', 400],
    ['103/history?limit=1', 400],
    ['103/history?since=soon', 400]
  ] as const)
    t.equal((await ask(path)).statusCode, status, path)
})

t.test('a talk wins over dialing, and that over ringing; one call after another is another span', async t => {
  const leg = (
    callId: string,
    ringingAt: number,
    connectedAt: number | null,
    endedAt: number | null,
    role: 'agent' | 'dialer' = 'agent'
  ) => ({ callId, role, ringingAt, connectedAt, endedAt })
  t.strictSame(
    spansOf([leg('a', 0, null, 9), leg('b', 2, null, 6, 'dialer'), leg('c', 4, 5, 7), leg('d', 9, null, null)], [], {
      from: 0,
      until: 12
    }),
    [
      { status: 'ringing', from: 0, until: 2, calls: ['a'] },
      { status: 'dialing', from: 2, until: 4, calls: ['a', 'b'] },
      { status: 'dialing', from: 4, until: 5, calls: ['a', 'b', 'c'] },
      { status: 'on_call', from: 5, until: 6, calls: ['a', 'b', 'c'] },
      { status: 'on_call', from: 6, until: 7, calls: ['a', 'c'] },
      { status: 'ringing', from: 7, until: 9, calls: ['a'] },
      { status: 'ringing', from: 9, until: 12, calls: ['d'] }
    ]
  )
})

t.test('a leg whose end was lost ends with a later conversation of the agent, or when its call is stale', async t => {
  const leg = (callId: string, ringingAt: number, connectedAt: number | null, endedAt: number | null) => ({
    callId,
    role: 'agent' as const,
    ringingAt,
    connectedAt,
    endedAt,
    staleAt: 14_400_000
  })
  const endsOf = (...legs: ReturnType<typeof leg>[]) => endDoubtfulLegs(legs).map(({ endedAt }) => endedAt)
  t.strictSame(endsOf(leg('a', 0, 10, null)), [14_400_000])
  t.strictSame(endsOf(leg('a', 0, 10, null), leg('b', 1_000, 2_000, 3_000)), [3_000, 3_000])
  t.strictSame(endsOf(leg('a', 0, 10, null), leg('b', 1_000, null, 3_000)), [14_400_000, 3_000], 'it only rang')
  t.strictSame(endsOf(leg('a', 0, 10, null), leg('a', 1_000, 2_000, 3_000)), [14_400_000, 3_000], 'the same call')
  t.strictSame(endsOf(leg('a', 50, 60, null), leg('b', 1, 2, 3_000)), [14_400_000, 3_000], 'answered before')
  t.strictSame(endsOf(leg('a', 0, null, null), leg('b', 1_000, 2_000, 3_000)), [120_000, 3_000], 'it may still ring')
})
