import assert from 'node:assert/strict'
import t, { type Test } from 'tap'
import type { Event } from '../../../src/events/event.js'
import { createRandom } from '../../../src/simulator/random.js'
import { projectedCompany } from '../../support/company.js'
import { history, START } from '../../support/history.js'
import { overlappingCalls } from '../../support/overlapping-calls.js'
import { projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'
import { countedRows, recount } from '../../support/recount-calls.js'

interface Report {
  data: Record<string, number | null> & { extension: string | null }
}

interface Measures extends Record<string, unknown> {
  wait: { totalSeconds: number }
  talk: { totalSeconds: number }
}

type Api = Awaited<ReturnType<typeof queryApi>>

async function reportsOf({ get }: Api, account: string) {
  const url = `/api/admin/mightycall/reports?account=${account}&start_date=2026-11-22&end_date=2026-11-26`
  const { reports } = (await get(url)).json<{ reports: Report[] }>()
  const sumsOf = (rows: Report[], names: string[]) =>
    Object.fromEntries(
      names.map(name => [name, Number(rows.reduce((sum, { data }) => sum + (data[name] ?? 0), 0).toFixed(3))])
    )
  return {
    calls: sumsOf(
      reports.filter(({ data }) => data.extension === null),
      [
        'calls',
        'inbound',
        'answered',
        'missed',
        'abandoned',
        'dropped',
        'outbound',
        'outbound_answered',
        'talk_seconds',
        'wait_seconds'
      ]
    ),
    ofExtension: (extension: string) =>
      sumsOf(
        reports.filter(({ data }) => data.extension === extension),
        ['calls', 'answered', 'missed', 'answered_elsewhere', 'outbound', 'talk_seconds']
      )
  }
}

/** The measures of the statistics under the names of the reports. */
const inReport = ({
  calls,
  inbound,
  answered,
  missed,
  abandoned,
  dropped,
  outbound,
  outboundAnswered,
  talk,
  wait
}: Measures) => ({
  calls,
  inbound,
  answered,
  missed,
  abandoned,
  dropped,
  outbound,
  outbound_answered: outboundAnswered,
  talk_seconds: talk.totalSeconds,
  wait_seconds: wait.totalSeconds
})

const SPAN = 'since=2026-11-22&until=2026-11-27'

async function statisticsOf({ get }: Api, account: string) {
  const calls = await get(`/v1/stats/calls?${SPAN}&account=${account}`)
  const agents = await get(`/v1/stats/agents?${SPAN}&account=${account}&limit=500`)
  for (const { statusCode, body } of [calls, agents]) assert.equal(statusCode, 200, body)
  return {
    calls: calls.json<{ totals: Measures[] }>().totals[0],
    agents: agents.json<{ data: (Record<string, number> & { extension: string })[] }>().data
  }
}

async function isAlike(test: Test, api: Api, account: string): Promise<void> {
  const [reports, statistics] = [await reportsOf(api, account), await statisticsOf(api, account)]
  assert.ok(statistics.calls && statistics.agents.length > 0)
  test.strictSame(reports.calls, inReport(statistics.calls), `${account}: calls`)
  for (const {
    extension,
    offered = 0,
    dialed = 0,
    answered,
    missed,
    answeredElsewhere,
    talkSeconds
  } of statistics.agents)
    test.strictSame(
      reports.ofExtension(extension),
      {
        calls: offered + dialed,
        answered,
        missed,
        answered_elsewhere: answeredElsewhere,
        outbound: dialed,
        talk_seconds: talkSeconds
      },
      `${account}: extension ${extension}`
    )
}

t.test('the daily reports and the statistics count the same calls of a company alike', async t => {
  const { pool } = await projectedCompany(t, { calls: 300, hours: 30 })
  const api = await queryApi(t, pool, () => new Date(START + 72 * 3_600_000))
  await isAlike(t, api, 'default')
  const expected = recount(await countedRows(pool), { now: START + 72 * 3_600_000 })
  t.ok(expected.dropped > 0 && expected.missed > 0 && expected.outboundAnswered > 0)
  t.strictSame((await reportsOf(api, 'default')).calls, inReport(expected), 'as a recount of the calls')
})

t.test('they do so for calls that overlap, are transferred, lost their ends and come in any order', async t => {
  const { pool, project } = await projector(t)
  const events = overlappingCalls(createRandom(5, 82))
  const deliveries: Record<string, Event[]> = {
    'in-order': events,
    reversed: events.toReversed(),
    doubled: [...events, ...events]
  }
  await project(Object.entries(deliveries).flatMap(([account, some]) => some.map(event => ({ ...event, account }))))
  const now = START + 30 * 3_600_000
  const api = await queryApi(t, pool, () => new Date(now), { accountIds: Object.keys(deliveries) })
  const sums = []
  for (const account of Object.keys(deliveries)) {
    await isAlike(t, api, account)
    const { calls } = await reportsOf(api, account)
    t.strictSame(calls, inReport(recount(await countedRows(pool, account), { now })), `${account}: recounted`)
    sums.push(calls)
  }
  t.strictSame([sums[1], sums[2]], [sums[0], sums[0]])
})

const RULES: [name: string, sequence: string, calls: object, extension: object][] = [
  [
    'a call that rang for three seconds is dropped, not missed',
    'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@3',
    { calls: 1, inbound: 0, missed: 0, dropped: 1, wait_seconds: 0 },
    { calls: 1, missed: 1 }
  ],
  [
    'a call that was missed after four seconds is missed',
    'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@4',
    { calls: 1, inbound: 1, missed: 1, dropped: 0, wait_seconds: 0 },
    { calls: 1, missed: 1 }
  ],
  [
    'the ringing of an outgoing call is no wait, and its answer is that of an outgoing call',
    'OutgoingCall(101)@0 > OutgoingCallConnected(101)@12 > OutgoingCallCompleted(101)@20',
    { calls: 1, inbound: 0, answered: 0, outbound: 1, outbound_answered: 1, wait_seconds: 0, talk_seconds: 8 },
    { calls: 1, answered: 0, missed: 0, outbound: 1, talk_seconds: 8 }
  ],
  [
    'the wait of an answered call ends with the answer',
    'IncomingCall@0 > IncomingCallRinging(101)@2 > IncomingCallConnected(101)@12 > IncomingCallCompleted@20',
    { inbound: 1, answered: 1, wait_seconds: 12, talk_seconds: 8 },
    { answered: 1, missed: 0, talk_seconds: 8 }
  ],
  [
    'a phone that stops ringing because a colleague answered has not missed the call',
    `IncomingCall@0 > IncomingCallRinging(101)@2 > IncomingCallRinging(104)@2 > IncomingCallConnected(104)@8
      > IncomingCallStopRinging(101)@8 > IncomingCallCompleted@58`,
    { inbound: 1, answered: 1, missed: 0 },
    { calls: 1, answered: 0, missed: 0, answered_elsewhere: 1 }
  ]
]

t.test('each word means the same in both', async t => {
  const { pool, project } = await projector(t)
  const accounts = RULES.flatMap(([, sequence], i) => {
    const events = history(sequence)
    return [events, events.toReversed(), [...events, ...events]].map((some, n) => ({
      account: `rule-${i}-${n}`,
      some,
      i
    }))
  })
  await project(accounts.flatMap(({ account, some }) => some.map(event => ({ ...event, account }))))
  const accountIds = accounts.map(({ account }) => account)
  const api = await queryApi(t, pool, () => new Date(START + 3_600_000), { accountIds })
  for (const { account, i } of accounts) {
    const [name = '', , calls, extension] = RULES[i] ?? []
    const reports = await reportsOf(api, account)
    t.match(reports.calls, calls, name)
    t.match(reports.ofExtension('101'), extension, `${name}: extension`)
    await isAlike(t, api, account)
  }
})
