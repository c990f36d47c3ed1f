import t, { type Test } from 'tap'
import type { CallEvent } from '../../../src/events/call.js'
import { createRandom } from '../../../src/simulator/random.js'
import { projectedCompany } from '../../support/company.js'
import { history, START } from '../../support/history.js'
import { overlappingCalls } from '../../support/overlapping-calls.js'
import { projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'
import { type CountedRow, countedRows, recount } from '../../support/recount-calls.js'
import type { Teardown } from '../../support/teardown.js'

const NOW = () => new Date(START + 48 * 3_600_000)

interface Answer {
  timeZone: string
  data: ({ start: string; group: string | null } & ReturnType<typeof recount>)[]
  totals: ({ group: string | null } & ReturnType<typeof recount>)[]
}

let shared: ReturnType<typeof createCompany> | null = null

/** One company for all tests, which only read. */
function company() {
  shared ??= createCompany(t)
  return shared
}

async function createCompany(t: Teardown) {
  const { pool } = await projectedCompany(t, { calls: 300, hours: 30 })
  await pool.query(
    `update call_history set outcome = 'canceled' where call_id in (
       select call_id from call_history where outcome = 'abandoned' and wait_seconds > 4 order by call_id limit 2
     )`
  ) // MightyCall can say so, the company's does not
  await pool.query("update call_history set group_id = 'sales' where direction = 'inbound' and call_id > '8'")
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

interface Expected {
  rows: readonly CountedRow[]
  /** All calls, among which returns and repeated calls are searched. */
  all: readonly CountedRow[]
  waitFrom?: string
  returnWithinMinutes?: number
}

/** Durations may differ by the last millisecond, because halves are rounded in two ways. */
function same(t: Test, actual: object | undefined, { rows, ...options }: Expected, message: string): void {
  const { group: _, ...counted } = actual as { group?: unknown }
  const expected = flat(recount(rows, { now: NOW().getTime(), ...options }))
  const found = flat(counted)
  t.strictSame([...found.keys()].sort(), [...expected.keys()].sort(), `${message}: measures`)
  const different = [...expected].filter(([path, value]) => {
    const other = found.get(path)
    const isDuration = /(Seconds|Minutes)$/.test(path)
    return isDuration && typeof value === 'number' && typeof other === 'number'
      ? Math.abs(value - other) >= 0.0011
      : value !== other
  })
  t.strictSame(
    different.map(([path, value]) => `${path}: ${found.get(path)}, expected ${value}`),
    [],
    message
  )
}

/** The values of an object by their paths. */
function flat(value: object, prefix = ''): Map<string, unknown> {
  return new Map(
    Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
      typeof inner === 'object' && inner !== null
        ? [...flat(inner, `${prefix}${name}.`)]
        : [[`${prefix}${name}`, inner] as [string, unknown]]
    )
  )
}

t.test('every bucket says what a count of its calls says, and so do the totals', async t => {
  const { stats, rows } = await company()
  for (const [bucket, length] of [
    ['hour', 13],
    ['day', 10],
    ['month', 7]
  ] as const) {
    const { data, totals } = await stats(`bucket=${bucket}`)
    const own = grouped(rows, ({ started_at }) => started_at.toISOString().slice(0, length))
    for (const { start, group, ...counted } of data)
      same(t, counted, { rows: own.get(start.slice(0, length)) ?? [], all: rows }, `${bucket} ${start}`)
    t.equal(totals.length, 1)
    same(t, totals[0], { rows, all: rows }, bucket)
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
  const { stats, rows } = await company()
  const keys = {
    businessNumber: (row: CountedRow) => row.business_number,
    number: (row: CountedRow) => row.business_number,
    group: (row: CountedRow) => row.group_id,
    extension: (row: CountedRow) => row.answered_by,
    direction: (row: CountedRow) => row.direction,
    outcome: (row: CountedRow) => row.outcome
  }
  for (const [groupBy, keyOf] of Object.entries(keys)) {
    const { data, totals } = await stats(`bucket=day&groupBy=${groupBy}`)
    const own = grouped(rows, keyOf)
    t.strictSame(new Set(totals.map(({ group }) => group)), new Set(own.keys()))
    for (const { group, ...counted } of totals)
      same(t, counted, { rows: own.get(group) ?? [], all: rows }, `${groupBy} ${group}`)
    t.equal(data.length, 2 * totals.length, 'a row for each group and day')
    for (const { start, group, ...counted } of data) {
      same(
        t,
        counted,
        {
          rows: (own.get(group) ?? []).filter(row => row.started_at.toISOString().startsWith(start.slice(0, 10))),
          all: rows
        },
        `${groupBy} ${group} ${start}`
      )
    }
  }
})

t.test('waits can begin at the first ring, and returns can be due sooner', async t => {
  const { stats, rows } = await company()
  for (const [waitFrom, returnWithinMinutes] of [
    ['ring', 60],
    ['start', 5],
    ['ring', 1_440]
  ] as const) {
    const query = `waitFrom=${waitFrom}&returnWithinMinutes=${returnWithinMinutes}`
    const { totals } = await stats(query)
    same(t, totals[0], { rows, all: rows, waitFrom, returnWithinMinutes }, query)
  }
})

t.test('overlapping calls with transfers and lost ends have the measures of a recount', async t => {
  const { pool, project } = await projector(t)
  await project(overlappingCalls(createRandom(6, 83)))
  const { get } = await queryApi(t, pool, NOW)
  const rows = await countedRows(pool)
  for (const waitFrom of ['start', 'ring']) {
    const { totals } = (await get(`/v1/stats/calls?since=2026-11-23&waitFrom=${waitFrom}`)).json<Answer>()
    same(t, totals[0], { rows, all: rows, waitFrom }, waitFrom)
    t.match(totals[0], { unresolved: Number, transferred: Number })
    t.ok((totals[0]?.transferred ?? 0) > 0 && (totals[0]?.lostInTransfer ?? 0) > 0)
  }
})

t.test('the filters are those of the list of calls', async t => {
  const { stats, rows, get } = await company()
  const number = rows.find(row => row.business_number)?.business_number ?? ''
  const filters: [string, (row: CountedRow) => boolean][] = [
    ['direction=outbound', row => row.direction === 'outbound'],
    [`businessNumber=${encodeURIComponent(number)}`, row => row.business_number === number],
    ['outcome=missed&outcome=voicemail', row => ['missed', 'voicemail'].includes(row.outcome ?? '')],
    ['group=sales', row => row.group_id === 'sales'],
    ['account=nobody', () => false]
  ]
  for (const [query, isIn] of filters)
    same(t, (await stats(query)).totals[0], { rows: rows.filter(isIn), all: rows }, query)
  const ids = (await get('/v1/calls?extension=101&limit=500')).json<{ data: object[] }>().data.length
  t.equal((await stats('extension=101')).totals[0]?.calls, ids)
})

/** `seconds` is the present, from the start of the calls; two days when it is omitted. */
type Sequence = string | [sequence: string, parties: { from?: string; to?: string }]
const RATES: [name: string, calls: Sequence[], expected: object, seconds?: number][] = [
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
    'callers who left are those whom no agent answered, without voicemails and dropped calls',
    [
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@30',
      'IncomingCall@0 > IncomingCallCompleted@10',
      'IncomingCall@0 > IncomingCallCompleted@2',
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallConnected(101)@8 > IncomingCallCompleted@68',
      'IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallConnected(101)@12 > IncomingCallCompleted@32'
    ],
    {
      left: 2,
      abandonmentRate: 0.5,
      waitOfLeft: { totalSeconds: 40, averageSeconds: 20, p50Seconds: 20 },
      longestWaitSeconds: 30,
      averageSpeedOfAnswerSeconds: 10,
      averageHandleTimeSeconds: 40
    }
  ],
  [
    'a transfer is an attempt after the answer, and one that nobody took is lost',
    [
      `IncomingCall@0 > IncomingCallConnected(101)@5 > IncomingCallRinging(102)@10
        > IncomingCallConnected(102)@12 > IncomingCallCompleted(101)@12 > IncomingCallCompleted@40`,
      `IncomingCall@0 > IncomingCallConnected(101)@5 > IncomingCallRinging(102)@14
        > IncomingCallCompleted(101)@15 > IncomingCallCompleted@315`,
      `IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallRinging(102)@1 > IncomingCallConnected(101)@5
        > IncomingCallStopRinging(102)@5 > IncomingCallCompleted@40`,
      'IncomingCall@0 > IncomingCallConnected(101)@5 > IncomingCallCompleted@40'
    ],
    {
      answered: 4,
      transferred: 2,
      transferRate: 0.5,
      lostInTransfer: 1,
      talk: { totalSeconds: 35 + 10 + 35 + 35 },
      returns: { needed: 1, returned: 0, rate: 0, medianMinutes: null }
    }
  ],
  [
    'a call is returned by the next conversation with its client, in either direction',
    [
      ['IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@60', { from: '+12025550101' }],
      ['OutgoingCall(101)@600 > OutgoingCallCompleted(101)@650', { to: '+12025550101' }],
      [
        'OutgoingCall(101)@1200 > OutgoingCallConnected(101)@1260 > OutgoingCallCompleted(101)@1300',
        { to: '+12025550101' }
      ],
      ['IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@60', { from: '+12025550102' }],
      ['IncomingCall@7200 > IncomingCallConnected(101)@7260 > IncomingCallCompleted@7300', { from: '+12025550102' }],
      ['IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@60', { from: '+12025550103' }],
      ['IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@60', { from: 'Shop page' }],
      ['IncomingCall@0 > IncomingCallRinging(101)@1 > IncomingCallCompleted@3', { from: '+12025550104' }],
      ['IncomingCall@82000 > IncomingCallRinging(101)@82001 > IncomingCallCompleted@82060', { from: '+12025550105' }]
    ],
    {
      missed: 5,
      returns: { needed: 4, returned: 2, returnedInTime: 1, rate: 1 / 3, medianMinutes: 70 },
      callers: 4,
      repeatCallers: 1
    },
    82_100
  ],
  [
    'a caller who calls again within seven days is a repeat caller, one that is withheld is none',
    [
      ['IncomingCall@0 > IncomingCallConnected(101)@5 > IncomingCallCompleted@60', { from: '+12025550101' }],
      ['IncomingCall@3600 > IncomingCallConnected(101)@3605 > IncomingCallCompleted@3660', { from: '+12025550101' }],
      ['IncomingCall@0 > IncomingCallConnected(101)@5 > IncomingCallCompleted@60', { from: '+12025550102' }],
      ['IncomingCall@0 > IncomingCallConnected(101)@5 > IncomingCallCompleted@60', { from: 'anonymous' }],
      ['IncomingCall@60 > IncomingCallConnected(101)@65 > IncomingCallCompleted@70', { from: 'anonymous' }]
    ],
    { inbound: 5, callers: 2, repeatCallers: 1, repeatCallerRate: 0.5 }
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
    const events = calls.flatMap((call, i) => {
      const [sequence, parties] = typeof call === 'string' ? [call] : call
      return history(sequence, { id: `c${i}`, ...parties })
    })
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
  const { get } = await company()
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
