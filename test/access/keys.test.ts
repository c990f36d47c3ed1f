import t, { type Test } from 'tap'
import { createKeys } from '../../src/access/keys.js'
import { COMMAND_LINE, type Viewer } from '../../src/access/viewer.js'
import { allPages } from '../support/all-pages.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { NOW } from '../support/projection.js'
import { queryApi } from '../support/query-api.js'

type ListedKey = {
  id: string
  key: string
  role: string
  account: string | null
  organization: string | null
  expiresAt: string | null
  revokedAt: string | null
  lastUsedAt: string | null
}

async function api(t: Test) {
  const { pool } = await freshDatabase(t)
  const clock = { at: NOW }
  const { get, post, remove, access } = await queryApi(t, pool, () => clock.at)
  const make = async (payload: object, by?: string) =>
    (await post('/v1/keys', { label: 'a key', ...payload }, by)).json<ListedKey>()
  const organization = async (account: string) =>
    (await post('/v1/organizations', { account, name: `of ${account}` })).json<{ id: string }>().id
  const later = (ms: number) => {
    clock.at = new Date(clock.at.getTime() + ms)
  }
  return { pool, get, post, remove, make, organization, later, access }
}

t.test('a key is shown once, stored as a digest, and grants the access of its role', async t => {
  const { pool, get, make } = await api(t)
  const made = await make({ role: 'viewer', account: 'acme', label: ' the wallboard ' })
  t.match(made, {
    key: /^mcs_[A-Za-z0-9_-]{43}$/,
    label: 'the wallboard',
    role: 'viewer',
    account: 'acme',
    organization: null,
    createdBy: 'admin',
    expiresAt: null,
    revokedAt: null
  })
  t.equal((await get('/v1/calls', made.key)).statusCode, 200)
  t.equal((await get('/v1/drift', made.key)).statusCode, 403)
  const stored = JSON.stringify((await pool.query("select k, encode(digest, 'hex') from api_keys k, audit_log")).rows)
  t.notMatch(stored + (await get('/v1/keys')).body + (await get('/v1/audit')).body, made.key.slice(4))
})

t.test('unknown, revoked and expired keys get the same response immediately', async t => {
  const { get, make, remove, later } = await api(t)
  const [revoked, expired] = [
    await make({ role: 'viewer' }),
    await make({ role: 'viewer', expiresAt: new Date(NOW.getTime() + 1000).toISOString() })
  ]
  for (const { key } of [revoked, expired]) t.equal((await get('/v1/calls', key)).statusCode, 200)
  t.match((await remove(`/v1/keys/${revoked.id}`)).json(), { id: revoked.id, revokedAt: NOW.toISOString() })
  t.equal((await get('/v1/calls', revoked.key)).statusCode, 401, 'already the next request')
  later(1000)
  const answers = await Promise.all(
    [revoked.key, expired.key, `mcs_${'x'.repeat(43)}`, 'x', ''].map(async key => (await get('/v1/calls', key)).body)
  )
  t.equal(new Set(answers).size, 1)
  t.match(JSON.parse(answers[0] ?? ''), { statusCode: 401, code: 'MCS_UNAUTHORIZED' })
  t.match(
    (await remove(`/v1/keys/${revoked.id}`)).json(),
    { revokedAt: NOW.toISOString() },
    'it keeps the time of the first revocation'
  )
  t.equal((await remove('/v1/keys/00000000-0000-4000-8000-000000000000')).statusCode, 404)
})

t.test('a key cannot create or revoke keys with more access than its own', async t => {
  const { make, organization, post, get, remove } = await api(t)
  const [a, b, other] = [await organization('acme'), await organization('acme'), await organization('globex')]
  const admin = await make({ role: 'org_admin', account: 'acme', organization: a })
  const bound = await make({ role: 'platform_admin', account: 'acme' })
  const viewer = await make({ role: 'viewer', account: 'acme' })
  const refusals: [by: string, wanted: object, status: number][] = [
    [admin.key, { role: 'platform_admin' }, 403],
    [admin.key, { role: 'viewer', organization: b }, 403],
    [admin.key, { role: 'viewer', account: 'globex', organization: other }, 403],
    [bound.key, { role: 'viewer', account: 'globex' }, 403],
    [bound.key, { role: 'viewer', organization: other }, 404],
    [viewer.key, { role: 'viewer' }, 403],
    ['mcs_unknown', { role: 'viewer' }, 401]
  ]
  for (const [by, wanted, status] of refusals)
    t.equal((await post('/v1/keys', { label: 'x', ...wanted }, by)).statusCode, status, JSON.stringify(wanted))
  t.match(await make({ role: 'viewer' }, admin.key), { account: 'acme', organization: a, createdBy: admin.id })
  t.match(
    await make({ role: 'viewer', account: null, organization: null }, admin.key),
    { account: 'acme', organization: a },
    'null does not widen the scope'
  )
  t.match(await make({ role: 'platform_admin' }, bound.key), { account: 'acme', organization: null })
  const seen = (await get('/v1/keys', admin.key)).json<{ data: ListedKey[] }>().data
  t.strictSame(new Set(seen.map(key => key.organization)), new Set([a]))
  t.equal((await remove(`/v1/keys/${bound.id}`, admin.key)).statusCode, 404, 'a wider key cannot be revoked')
})

t.test('invalid scopes and labels are rejected', async t => {
  const { post, organization } = await api(t)
  const a = await organization('acme')
  const invalid = [
    { role: 'org_admin', account: 'acme' },
    { role: 'viewer', organization: a },
    { role: 'platform_admin', account: 'acme', organization: a },
    { role: 'viewer', label: ' ' },
    { role: 'viewer', label: '\u0000'.repeat(200) },
    { role: 'boss' },
    { role: 'viewer', expiresAt: '2020-01-01' },
    { role: 'viewer', expiresAt: '9999-12-31T23:59:59-23:59' }, // the year 10000 in UTC
    { role: 'viewer', more: 1 }
  ]
  for (const payload of invalid)
    t.match(
      (await post('/v1/keys', { label: 'x', ...payload })).json(),
      { statusCode: 400, code: 'MCS_INVALID_PARAMETER' },
      JSON.stringify(payload)
    )
})

t.test('an expiring key cannot create keys that expire later', async t => {
  const { make, post } = await api(t)
  const expiresAt = '2026-12-01T00:00:00.000Z'
  const { key } = await make({ role: 'platform_admin', expiresAt })
  t.equal((await make({ role: 'viewer' }, key)).expiresAt, expiresAt)
  t.equal((await make({ role: 'viewer', expiresAt: '2026-11-30' }, key)).expiresAt, '2026-11-30T00:00:00.000Z')
  for (const expiry of ['2026-12-02', null])
    t.equal((await post('/v1/keys', { label: 'x', role: 'viewer', expiresAt: expiry }, key)).statusCode, 400)
})

t.test('the last use is recorded once a minute, and requests do not wait for it', async t => {
  const { pool, get, make, later } = await api(t)
  const { key } = await make({ role: 'viewer' })
  const lastUse = async () =>
    (await pool.query<{ at: Date | null }>('select last_used_at as at from api_keys')).rows[0]?.at?.getTime()
  t.equal(await lastUse(), undefined)
  await get('/v1/calls', key)
  await eventually('the use is recorded', async () => (await lastUse()) === NOW.getTime())
  later(59_000)
  await get('/v1/calls', key)
  t.equal(await lastUse(), NOW.getTime())
  await pool.query("update api_keys set last_used_at = last_used_at + interval '2 days'")
  await get('/v1/calls', key)
  await eventually('a time ahead is corrected', async () => (await lastUse()) === NOW.getTime() + 59_000)
  await pool.query("alter table api_keys add check (last_used_at < now() - interval '1000 years') not valid")
  later(1_000)
  t.equal((await get('/v1/calls', key)).statusCode, 200, 'although the use cannot be recorded')
})

t.test('keys are listed newest first, in pages', async t => {
  const { make, later, get } = await api(t)
  const ids = []
  for (let i = 0; i < 5; i++) {
    ids.unshift((await make({ role: 'viewer', account: i < 4 ? 'acme' : 'globex' })).id)
    later(i % 2)
  }
  const seen = (await allPages<ListedKey>(get, '/v1/keys', '?limit=2')).map(({ id }) => id)
  t.strictSame(new Set(seen), new Set(ids))
  t.equal(seen.length, 5)
  t.equal((await get('/v1/keys?account=globex')).json<{ data: ListedKey[] }>().data.length, 1)
  t.equal((await get('/v1/keys?cursor=abc')).statusCode, 400)
})

t.test('a key that is revoked during the request cannot create another', async t => {
  const { pool, access, make } = await api(t)
  const { id, key } = await make({ role: 'platform_admin' })
  // the casts hold because authenticate reads nothing else of the request
  const creator = (await access.authenticate({
    headers: { authorization: `Bearer ${key}` },
    cookies: {},
    method: 'POST'
  } as Parameters<typeof access.authenticate>[0])) as Viewer
  const keys = createKeys({ pool, now: () => NOW, accountIds: () => [] })
  await keys.revoke(COMMAND_LINE, id)
  await t.rejects(keys.create(creator, { label: 'too late', role: 'viewer' }), { code: 'MCS_UNAUTHORIZED' })
})
