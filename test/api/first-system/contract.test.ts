import t, { type Test } from 'tap'
import type { Viewer } from '../../../src/access/viewer.js'
import { createRuntimeSettings } from '../../../src/accounts/runtime-settings.js'
import { projectedCompany } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { START } from '../../support/history.js'
import { queryApi } from '../../support/query-api.js'
import { SETTINGS } from '../../support/settings.js'

const BASE = '/api/admin/mightycall'
const [A, B] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'] as const
const NOON = new Date('2026-11-24T12:00:00Z')

interface Report {
  report_type: string
  report_date: string
  data: {
    account: string
    business_number: string | null
    extension: string | null
    calls: number
    talk_seconds: number
  }
}

async function company(t: Test, timeZone = 'UTC') {
  const { pool } = await projectedCompany(t, { calls: 120, hours: 60 })
  const { rows: numbers } = await pool.query<{ number: string }>(
    'select distinct business_number as number from call_history where business_number is not null order by 1'
  )
  const [own = '', moved = ''] = numbers.map(({ number }) => number)
  for (const [number, organization, from, until] of [
    [own, A, new Date(0), null],
    [moved, B, new Date(0), NOON],
    [moved, A, NOON, null]
  ]) {
    await pool.query(
      `insert into number_ownerships (account, number, organization, owned_from, owned_until)
       values ($1, $2, $3, $4, $5)`,
      ['default', number, organization, from, until]
    )
  }
  const viewers: Record<string, Viewer> = {
    viewer: { actor: 'v', role: 'viewer', account: null, organization: null },
    orgAdmin: { actor: 'o', role: 'org_admin', account: 'default', organization: null },
    other: { actor: 'p', role: 'platform_admin', account: 'other', organization: null }
  }
  const { app, get } = await queryApi(t, pool, () => new Date(START + 72 * 3_600_000), {
    viewers,
    settings: createRuntimeSettings({ ...SETTINGS, timeZoneOf: () => timeZone }, pool)
  })
  const reports = async (query: string, key?: string) =>
    (await get(`${BASE}/reports?${query}`, key)).json<{ reports: Report[] }>().reports
  return { pool, app, get, reports, own, moved }
}

t.test('phone numbers and extensions come from the tables, in the format of the first system', async t => {
  const { pool, get } = await company(t)
  const { rows: numbers } = await pool.query(
    'select id, external_id, number, label, is_active, created_at from phone_numbers order by number'
  )
  t.ok(numbers.length > 0)
  t.strictSame((await get(`${BASE}/phone-numbers`)).json(), {
    phone_numbers: numbers.map(row => ({
      id: row.id,
      external_id: row.external_id,
      number: row.number,
      label: row.label,
      status: row.is_active ? 'active' : 'inactive',
      is_active: row.is_active,
      created_at: row.created_at.toISOString()
    }))
  })
  const { rows: extensions } = await pool.query(
    'select extension, display_name, external_id, created_at from mightycall_extensions order by extension'
  )
  t.strictSame((await get(`${BASE}/extensions`)).json(), {
    extensions: extensions.map(row => ({ ...row, created_at: row.created_at.toISOString() }))
  })
})

t.test('an organization gets the numbers that it owns now', async t => {
  const { pool, get, own, moved } = await company(t)
  const numbers = async (query: string) =>
    (await get(`${BASE}/phone-numbers?${query}`))
      .json<{ phone_numbers: { number: string }[] }>()
      .phone_numbers.map(({ number }) => number)
  const listed = (await pool.query<{ number: string }>('select number from phone_numbers')).rows.map(row => row.number)
  t.strictSame(
    await numbers(`org_id=${A}`),
    [own, moved].filter(number => listed.includes(number))
  )
  t.strictSame(await numbers(`orgId=${A}`), await numbers(`org_id=${A}`))
  t.strictSame(await numbers(`orgId=${B}`), [])
  t.strictSame(await numbers('account=other'), [])
  t.equal((await get(`${BASE}/phone-numbers?org_id=${A}&orgId=${B}`)).statusCode, 400)
})

t.test('reports are the daily sums of the requested days', async t => {
  const { pool, reports } = await company(t)
  const { rows } = await pool.query(
    `select report_date::text, business_number, extension, calls, talk_seconds::float8 from mightycall_reports
     where report_date between '2026-11-23' and '2026-11-24'
     order by report_date, account, business_number, extension`
  )
  const fieldsOf = (some: Report[]) =>
    some.map(({ report_type, report_date, data }) => [
      report_type,
      report_date,
      data.business_number,
      data.extension,
      data.calls,
      data.talk_seconds
    ])
  const expected = rows.map(row => [
    row.extension === '' ? 'daily' : 'daily_extension',
    row.report_date,
    row.business_number || null,
    row.extension || null,
    row.calls,
    row.talk_seconds
  ])
  t.ok(expected.length > 10)
  t.strictSame(fieldsOf(await reports('start_date=2026-11-23&end_date=2026-11-24')), expected)
  t.strictSame(fieldsOf(await reports('from=2026-11-23&to=2026-11-24')), expected)
  t.strictSame(fieldsOf(await reports('account=other')), [])
  t.strictSame(
    new Set((await reports('')).map(({ report_date }) => report_date)),
    new Set(
      (await pool.query('select distinct report_date::text as day from mightycall_reports')).rows.map(({ day }) => day)
    ),
    'without dates the last month is reported'
  )
})

t.test('today is the local day of each account, at any hour of UTC', async t => {
  const zones: Record<string, string> = { east: 'Pacific/Kiritimati', utc: 'UTC', west: 'Pacific/Pago_Pago' }
  const { pool } = await freshDatabase(t)
  for (const account of Object.keys(zones))
    await pool.query(
      `insert into mightycall_reports select $1, day, '+15550000001', '', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0
        from generate_series('2026-10-01'::date, '2026-12-31', interval '1 day') as day`,
      [account]
    )
  let now = ''
  const { get } = await queryApi(t, pool, () => new Date(now), {
    viewers: { west: { actor: 'w', role: 'platform_admin', account: 'west', organization: null } },
    settings: createRuntimeSettings({ ...SETTINGS, timeZoneOf: account => zones[account] ?? 'UTC' }, pool)
  })
  const shown = async (query: string, key?: string) => {
    const { reports } = (await get(`${BASE}/reports?${query}`, key)).json<{ reports: Report[] }>()
    const days = reports.map(({ data, report_date }) => ({ account: data.account, day: report_date }))
    return Object.fromEntries(
      [...new Set(days.map(({ account }) => account))].sort().map(account => {
        const accountDays = days.filter(day => day.account === account).map(({ day }) => day)
        return [account, `${accountDays[0]} to ${accountDays.at(-1)}`]
      })
    )
  }

  now = '2026-11-30T11:00:00Z' // 01:00 of the next day in Kiritimati
  t.strictSame(await shown(''), {
    east: '2026-11-01 to 2026-12-01',
    utc: '2026-10-31 to 2026-11-30',
    west: '2026-10-31 to 2026-11-30'
  })
  now = '2026-11-30T10:59:59Z' // still the day before in Pago Pago
  t.strictSame(await shown('start_date=2026-11-28'), {
    east: '2026-11-28 to 2026-12-01',
    utc: '2026-11-28 to 2026-11-30',
    west: '2026-11-28 to 2026-11-29'
  })
  now = '2026-11-30T09:59:59Z' // the last second of the same day in Kiritimati
  t.strictSame(await shown('account=east&account=west'), {
    east: '2026-10-31 to 2026-11-30',
    west: '2026-10-30 to 2026-11-29'
  })
  t.strictSame(await shown('', 'west'), { west: '2026-10-30 to 2026-11-29' })
  t.strictSame(await shown('start_date=2026-11-30'), {
    east: '2026-11-30 to 2026-11-30',
    utc: '2026-11-30 to 2026-11-30'
  })
  t.equal((await get(`${BASE}/reports?start_date=2026-12-01`)).statusCode, 400, 'a future day in every zone')
  t.equal(
    (await get(`${BASE}/reports?account=west&start_date=2026-11-30`)).statusCode,
    400,
    'a future day in the zone of the account'
  )
})

t.test('an organization gets the days at whose start it owned the number', async t => {
  const days = async (timeZone: string) => {
    const { reports, moved, own } = await company(t, timeZone)
    const of = async (organization: string) =>
      (await reports(`org_id=${organization}`))
        .filter(({ data }) => data.business_number === moved)
        .map(({ report_date }) => report_date)
    t.ok((await reports(`org_id=${A}`)).some(({ data }) => data.business_number === own))
    return { a: [...new Set(await of(A))], b: [...new Set(await of(B))] }
  }
  t.strictSame(await days('UTC'), { a: ['2026-11-25'], b: ['2026-11-23', '2026-11-24'] })
  t.strictSame(
    await days('Etc/GMT+12'),
    { a: ['2026-11-24', '2026-11-25'], b: ['2026-11-23'] },
    'in a zone where the day begins at noon UTC'
  )
})

t.test('the routes require a platform administrator, and an x-user-id header grants no access', async t => {
  const { app, get, reports } = await company(t)
  for (const route of ['phone-numbers', 'extensions', 'reports']) {
    t.equal((await get(`${BASE}/${route}`, 'viewer')).statusCode, 403)
    t.equal((await get(`${BASE}/${route}`, 'orgAdmin')).statusCode, 403)
    for (const id of ['1', 'admin', A])
      t.equal((await app.inject({ url: `${BASE}/${route}`, headers: { 'x-user-id': id } })).statusCode, 401)
    t.equal(
      (await app.inject({ url: `${BASE}/${route}`, headers: { 'x-user-id': 'admin', authorization: 'Bearer viewer' } }))
        .statusCode,
      403
    )
  }
  t.strictSame(await reports('', 'other'), [], 'an admin of another account gets no reports')
  t.strictSame((await get(`${BASE}/phone-numbers`, 'other')).json(), { phone_numbers: [] })
})

t.test('invalid queries are rejected, and internal errors have the format of the first system', async t => {
  const { pool, get } = await company(t)
  for (const query of [
    'foo=1',
    'org_id=acme',
    'from=yesterday',
    'from=2026-02-30',
    'to=0000-00-00',
    'to=2026-13-01',
    'to=0001-01-01',
    'from=2026-11-24&to=2026-11-23',
    'from=2020-01-01&to=2026-01-01',
    'from=2026-11-23&start_date=2026-11-24'
  ]) {
    t.match((await get(`${BASE}/reports?${query}`)).json(), { statusCode: 400, code: 'MCS_INVALID_PARAMETER' }, query)
  }
  const failure = { error: 'mightycall_read_failed', reason: 'database' }
  await pool.query('alter table mightycall_reports alter column account type bytea using account::bytea')
  t.match((await get(`${BASE}/reports`)).json(), {
    ...failure,
    detail: 'MCS_INTERNAL',
    message: 'an internal error occurred'
  })
  await pool.query('alter table mightycall_reports rename to elsewhere')
  const answer = await get(`${BASE}/reports`)
  t.match(answer, { statusCode: 503, headers: { 'retry-after': '5' } })
  t.match(answer.json(), { ...failure, detail: 'MCS_NOT_MIGRATED' })
})
