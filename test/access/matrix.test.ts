import t, { type Test } from 'tap'
import { ROUTES } from '../../src/access/route-roles.js'
import type { RouteRole } from '../../src/access/viewer.js'
import { freshDatabase } from '../support/database.js'
import { type DescribedRoute, describedRoutes } from '../support/described-routes.js'
import { NOW } from '../support/projection.js'
import { ADMIN_API_KEY, queryApi } from '../support/query-api.js'

const UNAUTHENTICATED: Record<RouteRole, number | null> = {
  open: null,
  viewer: 401,
  org_admin: 401,
  platform_admin: 401,
  operator: 401
}

/** The status with which routes reject each caller, by the role that they require; null when they let the caller in. */
const REFUSALS: Record<string, Record<RouteRole, number | null>> = {
  'no key': UNAUTHENTICATED,
  'a bad key': UNAUTHENTICATED,
  'a revoked key': UNAUTHENTICATED,
  'an expired key': UNAUTHENTICATED,
  'an x-user-id': UNAUTHENTICATED,
  'a viewer of A': { open: null, viewer: null, org_admin: 403, platform_admin: 403, operator: 403 },
  'an admin of A': { open: null, viewer: null, org_admin: null, platform_admin: 403, operator: 403 },
  'an account admin': { open: null, viewer: null, org_admin: null, platform_admin: null, operator: 403 },
  'a platform admin': { open: null, viewer: null, org_admin: null, platform_admin: null, operator: null },
  ADMIN_KEY: { open: null, viewer: null, org_admin: null, platform_admin: null, operator: null }
}

async function api(t: Test) {
  const { pool } = await freshDatabase(t)
  const { app, post, remove } = await queryApi(t, pool, () => new Date(NOW.getTime() + 60_000))
  const { id: organization } = (await post('/v1/organizations', { account: 'default', name: 'A' })).json<{
    id: string
  }>()
  const make = async (scope: object) =>
    (await post('/v1/keys', { label: 'x', ...scope })).json<{ id: string; key: string }>()
  const [revoked, expired] = [
    await make({ role: 'platform_admin' }),
    await make({ role: 'platform_admin', expiresAt: '2126-01-01' })
  ]
  await remove(`/v1/keys/${revoked.id}`)
  await pool.query('update api_keys set expires_at = $2 where id = $1', [expired.id, NOW])
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
  const inA = { account: 'default', organization }
  const headers: Record<string, Record<string, string>> = {
    'no key': {},
    'a bad key': bearer(`mcs_${'x'.repeat(43)}`),
    'a revoked key': bearer(revoked.key),
    'an expired key': bearer(expired.key),
    'an x-user-id': { 'x-user-id': '1' },
    'a viewer of A': bearer((await make({ role: 'viewer', ...inA })).key),
    'an admin of A': bearer((await make({ role: 'org_admin', ...inA })).key),
    'an account admin': bearer((await make({ role: 'platform_admin', account: 'default' })).key),
    'a platform admin': bearer((await make({ role: 'platform_admin' })).key),
    ADMIN_KEY: bearer(ADMIN_API_KEY)
  }
  let requests = 0 // each request comes from another address, because failed authentications are limited per address
  const ask = ({ method, url }: DescribedRoute, caller: string) =>
    app.inject({
      method,
      url: url(),
      headers: headers[caller] ?? {},
      remoteAddress: `10.0.${requests >> 8}.${requests++ & 255}`
    })
  return { app, ask, pool }
}

t.test('the OpenAPI document and the table of roles list the same routes', async t => {
  const { app } = await api(t)
  t.strictSame(
    new Set(describedRoutes(app).map(({ method, path }) => `${method} ${path}`)),
    new Set(ROUTES.map(([method, path]) => `${method} ${path}`))
  )
})

t.test('each route accepts exactly the callers with its role', async t => {
  const { app, ask, pool } = await api(t)
  const routes = describedRoutes(app)
  const refusals = new Set<string>()
  for (const [caller, byRole] of Object.entries(REFUSALS)) {
    for (const route of routes) {
      const expected = byRole[route.role]
      const { statusCode, body } = await ask(route, caller)
      const what = `${route.method} ${route.path} with ${caller}: ${statusCode}`
      if (expected === null) t.notOk([401, 403].includes(statusCode) && route.role !== 'open', what)
      else t.equal(statusCode, expected, what)
      t.ok(route.statuses.includes(statusCode), `${what} is documented`)
      if (statusCode === 401) refusals.add(body)
    }
  }
  t.equal(refusals.size, 1, 'every failed authentication gets the same response')
  t.match(
    (await pool.query('select count(*)::int as keys from api_keys where revoked_at is null')).rows,
    [{ keys: 5 }],
    'no request has created or revoked a key'
  )
})
