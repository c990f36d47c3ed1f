import t, { type Test } from 'tap'
import { createOwnerships } from '../../src/access/ownerships.js'
import { freshDatabase } from '../support/database.js'
import { BUSINESS_NUMBER } from '../support/documented-notifications.js'
import { NOW } from '../support/projection.js'
import { queryApi } from '../support/query-api.js'

const PATH = encodeURIComponent(BUSINESS_NUMBER)
type OrganizationWithNumbers = {
  id: string
  name: string
  numbers: { number: string; from: string; until: string | null }[]
}

async function api(t: Test) {
  const { pool } = await freshDatabase(t)
  const requests = await queryApi(t, pool, () => NOW)
  const make = async (name: string, account = 'acme') =>
    (await requests.post('/v1/organizations', { account, name })).json<OrganizationWithNumbers>().id
  const numbersOf = async (id: string) =>
    (await requests.get(`/v1/organizations/${id}`)).json<OrganizationWithNumbers>().numbers
  const keyOf = async (scope: object) =>
    (await requests.post('/v1/keys', { label: 'x', ...scope })).json<{ key: string }>().key
  return { pool, ...requests, make, numbersOf, keyOf }
}

t.test('a number moves from one organization to another, and the past ownership remains', async t => {
  const { post, remove, make, numbersOf } = await api(t)
  const [a, b] = [await make('A'), await make('B')]
  t.match((await post(`/v1/organizations/${b}/numbers`, { number: '(555) 034-7567', from: '2026-01-01' })).json(), {
    number: BUSINESS_NUMBER,
    from: '2026-01-01T00:00:00.000Z',
    until: null
  })
  t.match((await post(`/v1/organizations/${a}/numbers`, { number: BUSINESS_NUMBER })).json(), {
    statusCode: 409,
    code: 'MCS_NUMBER_OWNED'
  })
  t.match((await remove(`/v1/organizations/${b}/numbers/${PATH}?until=2026-11-01`)).json(), {
    ownership: { until: '2026-11-01T00:00:00.000Z' }
  })
  t.equal(
    (await post(`/v1/organizations/${a}/numbers`, { number: BUSINESS_NUMBER, from: '2026-11-01' })).statusCode,
    201,
    'from the instant at which the other ownership ends'
  )
  t.match(
    [await numbersOf(a), await numbersOf(b)],
    [
      [{ from: '2026-11-01T00:00:00.000Z', until: null }],
      [{ from: '2026-01-01T00:00:00.000Z', until: '2026-11-01T00:00:00.000Z' }]
    ]
  )
  t.equal(
    (await post(`/v1/organizations/${b}/numbers`, { number: BUSINESS_NUMBER, from: '2025-01-01', until: '2026-01-01' }))
      .statusCode,
    201,
    'the time before is free'
  )
  for (const span of [{ from: '2025-06-01', until: '2025-07-01' }, { from: '2024-01-01' }, { from: '2026-12-01' }])
    t.equal(
      (await post(`/v1/organizations/${b}/numbers`, { number: BUSINESS_NUMBER, ...span })).statusCode,
      409,
      JSON.stringify(span)
    )
})

t.test('ownerships of one number never overlap, even when they are assigned concurrently', async t => {
  const { pool, make } = await api(t)
  const [a, b] = [await make('A'), await make('B')]
  const ownerships = createOwnerships({ pool, now: () => NOW })
  const assign = (id: string, hour: number) =>
    ownerships
      .add(
        { id, account: 'acme', name: '', createdAt: NOW },
        { number: BUSINESS_NUMBER, from: new Date(NOW.getTime() + hour * 3_600_000), until: null },
        'a test'
      )
      .then(
        () => 1,
        (err: { code: string }) => err.code
      )
  const outcomes = await Promise.all([a, b, a, b, a, b].map(assign))
  t.strictSame(
    outcomes.filter(outcome => outcome !== 1),
    Array(5).fill('MCS_NUMBER_OWNED')
  )
  const { rows } = await pool.query(
    `select from number_ownerships x join number_ownerships y
       on x.number = y.number and x.owned_from < y.owned_from
       and (x.owned_until is null or x.owned_until > y.owned_from)`
  )
  t.equal(rows.length, 0)
})

t.test('an ownership in the future is deleted, and one that has ended cannot be extended', async t => {
  const { post, remove, make, numbersOf } = await api(t)
  const a = await make('A')
  await post(`/v1/organizations/${a}/numbers`, { number: BUSINESS_NUMBER, from: '2027-01-01' })
  t.match((await remove(`/v1/organizations/${a}/numbers/${PATH}`)).json(), { ownership: null })
  t.strictSame(await numbersOf(a), [])
  t.equal((await remove(`/v1/organizations/${a}/numbers/${PATH}`)).statusCode, 404)
  await post(`/v1/organizations/${a}/numbers`, { number: BUSINESS_NUMBER, from: '2026-01-01', until: '2026-02-01' })
  t.equal((await remove(`/v1/organizations/${a}/numbers/${PATH}?until=2026-03-01`)).statusCode, 400)
  for (const span of [
    { from: '2026-05-01', until: '2026-05-01' },
    { number: 'Mellow Widget' },
    { number: '101' },
    { from: 'soon' }
  ])
    t.equal(
      (await post(`/v1/organizations/${a}/numbers`, { number: BUSINESS_NUMBER, ...span })).statusCode,
      400,
      JSON.stringify(span)
    )
})

t.test('each key sees and changes the organizations in its scope only', async t => {
  const { get, post, patch, make, keyOf } = await api(t)
  const [a, b, other] = [await make('A'), await make('B'), await make('C', 'globex')]
  const [own, bound, viewer] = [
    await keyOf({ role: 'org_admin', account: 'acme', organization: a }),
    await keyOf({ role: 'platform_admin', account: 'acme' }),
    await keyOf({ role: 'viewer', account: 'acme', organization: a })
  ]
  const list = async (key: string) =>
    (await get('/v1/organizations', key)).json<{ data: OrganizationWithNumbers[] }>().data?.map(({ id }) => id)
  t.strictSame([await list(own), await list(bound)], [[a], [a, b]])
  t.equal((await get('/v1/organizations', viewer)).statusCode, 403)
  t.strictSame(
    [await get(`/v1/organizations/${b}`, own), await get(`/v1/organizations/${other}`, bound)].map(
      answer => answer.statusCode
    ),
    [404, 404]
  )
  t.equal((await patch(`/v1/organizations/${a}`, { name: 'mine' }, own)).statusCode, 403)
  t.equal((await patch(`/v1/organizations/${other}`, { name: 'mine' }, bound)).statusCode, 404)
  t.match((await patch(`/v1/organizations/${b}`, { name: ' Bee ' }, bound)).json(), { id: b, name: 'Bee' })
  t.equal((await post('/v1/organizations', { account: 'globex', name: 'x' }, bound)).statusCode, 404)
  t.match((await post('/v1/organizations', { name: 'x' }, bound)).json(), { account: 'acme' })
  t.equal((await post('/v1/organizations', { name: 'x' })).statusCode, 400, 'the account is required')
  t.equal((await post(`/v1/organizations/${other}/numbers`, { number: BUSINESS_NUMBER }, bound)).statusCode, 404)
})
