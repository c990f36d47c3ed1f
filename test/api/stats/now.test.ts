import t, { type Test } from 'tap'
import { createRuntimeSettings } from '../../../src/accounts/runtime-settings.js'
import type { Event } from '../../../src/events/event.js'
import { BUSINESS_NUMBER } from '../../support/documented-notifications.js'
import { status } from '../../support/facts.js'
import { history, START } from '../../support/history.js'
import { projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'

async function now(t: Test, events: readonly Event[], { seconds = 100, timeZone = 'UTC' } = {}) {
  const { pool, project } = await projector(t)
  await project(events)
  const { get } = await queryApi(t, pool, () => new Date(START + seconds * 1000), {
    settings: createRuntimeSettings({ timeZoneOf: () => timeZone, regionOf: () => 'US' }, pool),
    accountIds: ['default', 'other']
  })
  return async (query = '') => (await get(`/v1/stats/now${query}`)).json<object>()
}

const CALLS_OF_NOW = {
  waiting: 2,
  longestWaitSeconds: 90,
  talking: 1,
  longestTalkSeconds: 88,
  inboundToday: 4,
  answeredToday: 1,
  missedToday: 1,
  abandonedToday: 0,
  leftToday: 1,
  answerRateToday: 0,
  abandonmentRateToday: 1,
  serviceLevelToday: 0
}

const WAITING = history('IncomingCall@10', { id: 'w1' })
const RINGING = history('IncomingCall@40 > IncomingCallRinging(101)@45', { id: 'w2' })
const TALKING = history('IncomingCall@0 > IncomingCallRinging(102)@5 > IncomingCallConnected(102)@12', { id: 't' })
const DIALING = history('OutgoingCall(103)@60', { id: 'd' })

t.test('who waits, for how long, and what the agents do', async t => {
  const ask = await now(t, [
    ...WAITING,
    ...RINGING,
    ...TALKING,
    ...DIALING,
    status('104', 'available', 0),
    status('105', 'dnd', 0),
    status('101', 'available', 0),
    ...history('IncomingCall@0 > IncomingCallRinging(106)@2 > IncomingCallCompleted@25', { id: 'missed' })
  ])
  t.strictSame(await ask(), {
    at: new Date(START + 100_000).toISOString(),
    ...CALLS_OF_NOW,
    onCall: 1,
    ringing: 2,
    available: 1,
    dnd: 1,
    unknown: 1,
    numbers: [{ account: 'default', businessNumber: BUSINESS_NUMBER, ...CALLS_OF_NOW }]
  })
  t.match(await ask('?account=other'), {
    waiting: 0,
    longestWaitSeconds: null,
    onCall: 0,
    available: 0,
    inboundToday: 0,
    answerRateToday: null,
    serviceLevelToday: null
  })
})

t.test('each business number has measures of its own, and the others can be left out', async t => {
  const [sales, support] = ['+12025550001', '+12025550002']
  const ask = await now(t, [
    ...history('IncomingCall@10', { id: 'w1', to: sales }),
    ...history('IncomingCall@40 > IncomingCallRinging(101)@45', { id: 'w2', to: support }),
    ...history('IncomingCall@0 > IncomingCallConnected(102)@12', { id: 't', to: support }),
    ...history('IncomingCall@0 > IncomingCallCompleted@25', { id: 'a', to: sales }),
    ...history('OutgoingCall(103)@20 > OutgoingCallConnected(103)@60', { id: 'o', from: sales })
  ])
  const ofSales = {
    waiting: 1,
    longestWaitSeconds: 90,
    talking: 1,
    longestTalkSeconds: 40,
    inboundToday: 2,
    answeredToday: 0,
    missedToday: 0,
    abandonedToday: 1,
    leftToday: 1,
    answerRateToday: 0,
    abandonmentRateToday: 1,
    serviceLevelToday: 0
  }
  const ofSupport = { waiting: 1, longestWaitSeconds: 60, talking: 1, longestTalkSeconds: 88, inboundToday: 2 }
  t.match(await ask(), {
    waiting: 2,
    longestWaitSeconds: 90,
    talking: 2,
    longestTalkSeconds: 88,
    inboundToday: 4,
    abandonedToday: 1,
    numbers: [
      { account: 'default', businessNumber: sales, ...ofSales },
      { account: 'default', businessNumber: support, ...ofSupport }
    ]
  })
  t.match(await ask('?businessNumber=(202)%20555-0001'), { ...ofSales, numbers: [{ businessNumber: sales }] })
  t.match(await ask('?businessNumber=%2B12025550009'), { waiting: 0, inboundToday: 0, numbers: [] })
})

t.test('the longest talk lasts from the first of the agents who have talked without a break', async t => {
  for (const [name, sequence, longestTalkSeconds] of [
    [
      'handed over without a break',
      `IncomingCall@0 > IncomingCallConnected(101)@10 > IncomingCallRinging(102)@20
        > IncomingCallConnected(102)@30 > IncomingCallCompleted(101)@40`,
      90
    ],
    [
      'handed over with a break',
      `IncomingCall@0 > IncomingCallConnected(101)@10 > IncomingCallRinging(102)@20
        > IncomingCallCompleted(101)@30 > IncomingCallConnected(102)@40`,
      60
    ],
    [
      'nobody talks while the colleague rings',
      'IncomingCall@0 > IncomingCallConnected(101)@10 > IncomingCallRinging(102)@20 > IncomingCallCompleted(101)@30',
      null
    ]
  ] as const) {
    const ask = await now(t, history(sequence))
    t.match(await ask(), { longestTalkSeconds, waiting: 0 }, name)
  }
})

t.test('a stale call waits for nobody', async t => {
  const ask = await now(t, WAITING, { seconds: 5 * 3_600 })
  t.match(await ask(), { waiting: 0, longestWaitSeconds: null, inboundToday: 1 })
})

const NOT_WAITING: [name: string, sequence: string][] = [
  [
    'a call that is transferred',
    'IncomingCall@10 > IncomingCallConnected(101)@20 > IncomingCallCompleted(101)@30 > IncomingCallRinging(102)@31'
  ],
  ['a call between two agents', 'IncomingCall@10 > IncomingCallConnected(101)@20 > IncomingCallCompleted(101)@30'],
  [
    'a call whose transfer nobody took',
    'IncomingCall@10 > IncomingCallConnected(101)@20 > IncomingCallRinging(102)@22 > ' +
      'IncomingCallCompleted(101)@30 > IncomingCallStopRinging(102)@40'
  ],
  ['an outgoing call', 'OutgoingCall(101)@10'],
  ['a call that has ended', 'IncomingCall@10 > IncomingCallRinging(101)@11 > IncomingCallCompleted@30']
]

t.test('only inbound calls that nobody has answered are waiting', async t => {
  const deliveries: ((events: Event[]) => Event[])[] = [
    events => events,
    events => events.toReversed(),
    events => [...events, ...events]
  ]
  const cases = NOT_WAITING.flatMap(([name, sequence], i) =>
    deliveries.map((deliver, n) => ({ name, account: `case-${i}-${n}`, events: deliver(history(sequence)) }))
  )
  const { pool, project } = await projector(t)
  await project(cases.flatMap(({ account, events }) => events.map(event => ({ ...event, account }))))
  const accountIds = cases.map(({ account }) => account)
  const { get } = await queryApi(t, pool, () => new Date(START + 100_000), { accountIds })
  for (const { name, account } of cases)
    t.match((await get(`/v1/stats/now?account=${account}`)).json(), { waiting: 0, longestWaitSeconds: null }, name)
})

t.test('today begins at midnight of the account', async t => {
  // at 08:00 in UTC, at 19:00 in Sydney
  const missed = history('IncomingCall@0 > IncomingCallRinging(101)@2 > IncomingCallCompleted@25')
  t.match(await (await now(t, missed, { seconds: 15 * 3_600 }))(), { inboundToday: 1 })
  t.match(
    await (await now(t, missed, { seconds: 4 * 3_600, timeZone: 'Australia/Sydney' }))(),
    { inboundToday: 1 },
    '23:00'
  )
  t.match(
    await (await now(t, missed, { seconds: 6 * 3_600, timeZone: 'Australia/Sydney' }))(),
    { inboundToday: 0 },
    '01:00 of the next day'
  )
})
