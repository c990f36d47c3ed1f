import t, { type Test } from 'tap'
import type { CallEvent } from '../../../src/events/call.js'
import { projectedCompany } from '../../support/company.js'
import { history, START } from '../../support/history.js'
import { projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'
import { type CountedRow, countedRows, recount } from '../../support/recount-calls.js'

const NOW = () => new Date(START + 48 * 3_600_000)

interface Answer {
  timeZone: string
  data: ({ start: string; group: string | null } & ReturnType<typeof recount>)[]
  totals: ({ group: string | null } & ReturnType<typeof recount>)[]
}

async function company(t: Test) {
  const { pool } = await projectedCompany(t, { calls: 300, hours: 30 })
  await pool.query(
    `update call_history set outcome = 'canceled' where call_id in (
       select call_id from call_history where outcome = 'abandoned' and wait_seconds > 4 order by call_id limit 2
     )`
  ) // MightyCall can say so, the company's does not
  const { get } = await queryApi(t, pool, NOW)
  const stats = async (query: string) =>
    (await get(`/v1/stats/calls?since=2026-11-23&until=2026-11-25&${query}`)).json<Answer>()
  return { pool, get, stats, rows: await countedRows(pool) }
}

function grouped<K>(rows: readonly CountedRow[], keyOf: (row: CountedRow) => K): Map<K, CountedRow[]> {
  const groups = new Map<K, CountedRow[]>()
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row])
  return groups
}

/** Seconds may differ by the last millisecond, which two ways of rounding make of the same half. */
function same(t: Test, actual: object | undefined, rows: readonly CountedRow[], message: string): void {
  const seconds: number[][] = []
  const withoutSeconds = (value: object | undefined) => {
    const own: number[] = []
    seconds.push(own)
    return JSON.parse(
      JSON.stringify(value ?? {}, (name, part: unknown) =>
        name.endsWith('Seconds') && typeof part === 'number' ? own.push(part) && 'seconds' : part
      )
    ) as object
  }
  const { group, ...counted } = actual as { group?: unknown }
  t.strictSame(withoutSeconds(counted), withoutSeconds(recount(rows, { now: NOW().getTime() })), message)
  t.ok(
    seconds[0]?.every((value, i) => Math.abs(value - (seconds[1]?.[i] ?? Number.NaN)) < 0.0011),
    `${message}: seconds`
  )
}

t.test('every bucket says what a count of its calls says, and so do the totals', async t => {
  const { stats, rows } = await company(t)
  for (const [bucket, length] of [
    ['hour', 13],
    ['day', 10],
    ['month', 7]
  ] as const) {
    const { data, totals } = await stats(`bucket=${bucket}`)
    const own = grouped(rows, ({ started_at }) => started_at.toISOString().slice(0, length))
    for (const { start, group, ...counted } of data)
      same(t, counted, own.get(start.slice(0, length)) ?? [], `${bucket} ${start}`)
    t.equal(totals.length, 1)
    same(t, totals[0], rows, bucket)
  }
  const all = recount(rows, { now: NOW().getTime() })
  t.strictSame(
    Object.entries(all)
      .filter(([, value]) => value === 0)
      .map(([name]) => name),
    ['waiting', 'unresolved', 'inProgress'],
    'the company has some of everything else'
  )
  t.equal(
    all.inbound,
    all.answered + all.missed + all.abandoned + all.voicemail + all.other + all.waiting + all.unresolved
  )
})

t.test('groups have their own counts, in every bucket', async t => {
  const { stats, rows } = await company(t)
  const keys = {
    number: (row: CountedRow) => row.business_number,
    extension: (row: CountedRow) => row.answered_by,
    direction: (row: CountedRow) => row.direction,
    outcome: (row: CountedRow) => row.outcome
  }
  for (const [groupBy, keyOf] of Object.entries(keys)) {
    const { data, totals } = await stats(`bucket=day&groupBy=${groupBy}`)
    const own = grouped(rows, keyOf)
    t.strictSame(new Set(totals.map(({ group }) => group)), new Set(own.keys()))
    for (const { group, ...counted } of totals) same(t, counted, own.get(group) ?? [], `${groupBy} ${group}`)
    t.equal(data.length, 2 * totals.length, 'a row for each group and day')
    for (const { start, group, ...counted } of data) {
      same(
        t,
        counted,
        (own.get(group) ?? []).filter(row => row.started_at.toISOString().startsWith(start.slice(0, 10))),
        `${groupBy} ${group} ${start}`
      )
    }
  }
})

t.test('the filters are those of the list of calls', async t => {
  const { stats, rows, get } = await company(t)
  const number = rows.find(row => row.business_number)?.business_number ?? ''
  const filters: [string, (row: CountedRow) => boolean][] = [
    ['direction=outbound', row => row.direction === 'outbound'],
    [`businessNumber=${encodeURIComponent(number)}`, row => row.business_number === number],
    ['outcome=missed&outcome=voicemail', row => ['missed', 'voicemail'].includes(row.outcome ?? '')],
    ['account=nobody', () => false]
  ]
  for (const [query, isIn] of filters) same(t, (await stats(query)).totals[0], rows.filter(isIn), query)
  const ids = (await get('/v1/calls?extension=101&limit=500')).json<{ data: object[] }>().data.length
  t.equal((await stats('extension=101')).totals[0]?.calls, ids)
})

/** `seconds` is the present, from the start of the calls; two days when it is omitted. */
const RATES: [name: string, calls: string[], expected: object, seconds?: number][] = [
  [
    'answered at the limit is in time, a moment later is not',
    [
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallConnected(101)@20 > IncomingCallCompleted@30',
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallConnected(101)@20.001 > IncomingCallCompleted@30'
    ],
    { inbound: 2, answered: 2, answerRate: 1, serviceLevel: 0.5, wait: { averageSeconds: 20.001, p50Seconds: 20.001 } }
  ],
  [
    'who hangs up before the limit is in no service level, who waits until it is',
    [
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@19.999',
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@20',
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallConnected(101)@5'
    ],
    { inbound: 3, answered: 1, missed: 2, inProgress: 0, serviceLevel: 0.5, answerRate: 1 / 3 }
  ],
  [
    'a dropped call is counted apart, and four seconds are none',
    [
      'IncomingCall@0 > IncomingCallCompleted@3.999',
      'IncomingCall@0 > IncomingCallCompleted@4',
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@2'
    ],
    { calls: 3, inbound: 1, abandoned: 1, missed: 0, dropped: 2, answerRate: 0, serviceLevel: null }
  ],
  [
    'a call that nobody has answered and that is stale is unresolved, and in no rate',
    [
      'IncomingCall@0',
      'IncomingCall@0 > IncomingCallRinging(101)@1',
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallConnected(101)@5 > IncomingCallCompleted@9'
    ],
    { inbound: 3, answered: 1, waiting: 0, unresolved: 2, inProgress: 0, answerRate: 1, serviceLevel: 1 }
  ],
  [
    'calls in progress are in no rate, waiting, answered or outgoing',
    [
      'IncomingCall@0',
      'IncomingCall@0 > IncomingCallRinging(101)@1',
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallConnected(101)@5',
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@25',
      'OutgoingCall(101)@0',
      'OutgoingCall(101)@0 > OutgoingCallConnected(101)@5',
      'OutgoingCall(101)@0 > OutgoingCallCompleted(101)@5'
    ],
    {
      inbound: 4,
      answered: 1,
      waiting: 2,
      unresolved: 0,
      missed: 1,
      inProgress: 3,
      outbound: 3,
      outboundAnswered: 1,
      answerRate: 0,
      serviceLevel: 0,
      connectRate: 0,
      wait: { totalSeconds: 5 }
    },
    100
  ],
  [
    'a call that is transferred, or whose end was lost, does not wait',
    [
      'IncomingCall@0 > IncomingCallConnected(101)@5 > IncomingCallCompleted(101)@10 > IncomingCallRinging(102)@11',
      'IncomingCall@0 > IncomingCallConnected(101)@5 > IncomingCallCompleted(101)@10'
    ],
    { inbound: 2, answered: 2, waiting: 0, inProgress: 2, answerRate: null },
    100
  ],
  [
    'without a call there is no rate',
    [],
    {
      calls: 0,
      answerRate: null,
      serviceLevel: null,
      connectRate: null,
      wait: { p95Seconds: null },
      talk: { totalSeconds: 0, averageSeconds: null }
    }
  ]
]

const inAccount = (account: string, events: readonly CallEvent[]) => events.map(event => ({ ...event, account }))

for (const [name, calls, expected, seconds = 48 * 3_600] of RATES) {
  t.test(name, async t => {
    const { pool, project } = await projector(t)
    const events = calls.flatMap((sequence, i) => history(sequence, { id: `c${i}` }))
    await project([
      ...inAccount('in-order', events),
      ...inAccount('reversed', events.toReversed()),
      ...inAccount('doubled', [...events, ...events])
    ])
    const { get } = await queryApi(t, pool, () => new Date(START + seconds * 1000), {
      accountIds: ['in-order', 'reversed', 'doubled']
    })
    for (const account of ['in-order', 'reversed', 'doubled']) {
      const { totals } = (await get(`/v1/stats/calls?since=2026-11-23&account=${account}`)).json<Answer>()
      t.match(totals[0], expected, account)
    }
  })
}

t.test('refuses what it cannot understand, and spans with too many buckets', async t => {
  const { get } = await company(t)
  for (const query of [
    'bucket=year',
    'groupBy=client',
    'foo=1',
    'since=yesterday',
    'since=2026-02-30',
    'since=2026-11-23&until=2026-11-23',
    'bucket=hour&since=2026-01-01&until=2026-06-01',
    'since=0001-01-01'
  ]) {
    t.match(
      (await get(`/v1/stats/calls?${query}`)).json(),
      { statusCode: 400, code: 'MCS_INVALID_PARAMETER', message: String },
      query
    )
  }
  t.equal((await get('/v1/stats/calls', 'wrong')).statusCode, 401)
})
