import t, { type Test } from 'tap'
import { createRuntimeSettings } from '../../../src/accounts/runtime-settings.js'
import { startOfLocalDay } from '../../../src/lib/local-day.js'
import { history, START } from '../../support/history.js'
import { projector } from '../../support/projection.js'
import { queryApi } from '../../support/query-api.js'

interface Answer {
  since: string
  until: string
  data: { start: string; calls: number }[]
}

/** A call every half an hour of the span, in an account of the zone. */
async function everyHalfHour(t: Test, timeZone: string, [from, to]: [string, string]) {
  const { pool, project } = await projector(t)
  const instants = Array.from(
    { length: (Date.parse(to) - Date.parse(from)) / 1_800_000 },
    (_, i) => Date.parse(from) + i * 1_800_000
  )
  await project(
    instants.flatMap((at, i) =>
      history('IncomingCall@0 > IncomingCallCompleted@30', { id: `c${i}` }).map(event => ({
        ...event,
        occurredAt: new Date(Date.parse(event.occurredAt) - START + at).toISOString()
      }))
    )
  )
  const { get } = await queryApi(t, pool, () => new Date(to), {
    settings: createRuntimeSettings({ timeZoneOf: () => timeZone, regionOf: () => 'US' }, pool)
  })
  return async (query: string) => (await get(`/v1/stats/calls?${query}`)).json<Answer>()
}

const DAYS: [zone: string, day: string, next: string, hours: number, start: string][] = [
  ['Europe/Berlin', '2026-03-29', '2026-03-30', 23, '2026-03-28T23:00:00.000Z'],
  ['Europe/Berlin', '2026-10-25', '2026-10-26', 25, '2026-10-24T22:00:00.000Z'],
  ['America/New_York', '2026-03-08', '2026-03-09', 23, '2026-03-08T05:00:00.000Z'],
  ['America/New_York', '2026-11-01', '2026-11-02', 25, '2026-11-01T04:00:00.000Z'],
  ['Asia/Kolkata', '2026-11-01', '2026-11-02', 24, '2026-10-31T18:30:00.000Z'],
  ['America/St_Johns', '2026-11-01', '2026-11-02', 25, '2026-11-01T02:30:00.000Z']
]

for (const [zone, day, next, hours, start] of DAYS) {
  t.test(`${day} has ${hours} hours in ${zone}, each with its calls`, async t => {
    const stats = await everyHalfHour(
      t,
      zone,
      [`${day}T00:00:00Z`, `${next}T12:00:00Z`].map((text, i) =>
        new Date(Date.parse(text) - (1 - i) * 86_400_000).toISOString()
      ) as [string, string]
    )
    const { since, data } = await stats(`bucket=hour&since=${day}&until=${next}`)
    t.equal(since, start)
    t.strictSame(
      data.map(bucket => bucket.start),
      Array.from({ length: hours }, (_, i) => new Date(Date.parse(start) + i * 3_600_000).toISOString())
    )
    t.ok(
      data.every(({ calls }) => calls === 2),
      'two calls in each'
    )
    t.strictSame(
      (await stats(`bucket=day&since=${day}&until=${next}`)).data.map(({ start, calls }) => ({ start, calls })),
      [{ start, calls: hours * 2 }]
    )
  })
}

t.test('weeks begin on Monday, and a bucket without a call is there with zeros', async t => {
  const stats = await everyHalfHour(t, 'Europe/Berlin', ['2026-03-29T00:00:00Z', '2026-03-30T00:00:00Z'])
  const weeks = await stats('bucket=week&since=2026-03-20&until=2026-04-07')
  t.strictSame(
    weeks.data.map(({ start, calls }) => [start, calls]),
    [
      ['2026-03-15T23:00:00.000Z', 0],
      ['2026-03-22T23:00:00.000Z', 44],
      ['2026-03-29T22:00:00.000Z', 4],
      ['2026-04-05T22:00:00.000Z', 0]
    ]
  )
  const months = await stats('bucket=month&since=2026-02-01&until=2026-05-01')
  t.strictSame(
    months.data.map(({ start, calls }) => [start, calls]),
    [
      ['2026-01-31T23:00:00.000Z', 0],
      ['2026-02-28T23:00:00.000Z', 48],
      ['2026-03-31T22:00:00.000Z', 0]
    ]
  )
})

t.test('a bucket that since cuts counts from since on', async t => {
  const stats = await everyHalfHour(t, 'UTC', ['2026-03-29T00:00:00Z', '2026-03-30T00:00:00Z'])
  const { data } = await stats('bucket=day&since=2026-03-29T18:00:00Z&until=2026-03-29T20:00:00Z')
  t.strictSame(
    data.map(({ start, calls }) => [start, calls]),
    [['2026-03-29T00:00:00.000Z', 4]]
  )
})

t.test('a day begins where its clock begins, also where midnight is left out', async t => {
  t.equal(startOfLocalDay('2026-03-29', 'Europe/Berlin').toISOString(), '2026-03-28T23:00:00.000Z')
  t.equal(
    startOfLocalDay('2018-11-04', 'America/Sao_Paulo').toISOString(),
    '2018-11-04T03:00:00.000Z',
    '00:00 was 01:00'
  )
  t.equal(startOfLocalDay('2026-06-01', 'Pacific/Kiritimati').toISOString(), '2026-05-31T10:00:00.000Z')
  t.equal(
    startOfLocalDay('2011-12-30', 'Pacific/Apia').toISOString(),
    '2011-12-30T10:00:00.000Z',
    'Samoa had no such day: the next one'
  )
})

t.test('accounts with different zones have no day in common', async t => {
  const { pool } = await projector(t)
  const settings = createRuntimeSettings(
    { timeZoneOf: account => (account === 'a' ? 'Europe/Berlin' : 'America/New_York'), regionOf: () => 'US' },
    pool
  )
  const { get } = await queryApi(t, pool, () => new Date(START), { settings, accountIds: ['a', 'b'] })
  t.match((await get('/v1/stats/calls')).json(), {
    statusCode: 400,
    code: 'MCS_INVALID_PARAMETER',
    message: /one account/
  })
  t.match((await get('/v1/stats/calls?account=a')).json(), { timeZone: 'Europe/Berlin' })
  t.match((await get('/v1/stats/agents')).json(), { data: [] }, 'instants need no zone')
  t.match((await get('/v1/stats/agents?since=2026-11-22')).json(), { statusCode: 400 })
  t.equal((await get('/v1/stats/now')).statusCode, 200)
})
