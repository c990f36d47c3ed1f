import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { ROUTES, roleOf } from '../../src/access/route-roles.js'
import type { Viewer } from '../../src/access/viewer.js'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { freshDatabase } from '../support/database.js'
import { queryApi } from '../support/query-api.js'

const VIEWER: Viewer = { actor: 'k1', role: 'viewer', account: 'default', organization: null }

t.test('every row of the table names the file that defines the route', async t => {
  for (const [method, url, , file] of ROUTES) {
    const source = path.join(PROJECT_ROOT, 'src', file)
    const text = existsSync(source) ? readFileSync(source, 'utf8') : ''
    // the route of a single resource is derived from the URL of its list
    const isNamed = [url, url.replace(/\/:id$/, '')].some(named => text.includes(`'${named}'`))
    t.ok(isNamed, `${method} ${url}`)
  }
})

t.test('a route without a row in the table cannot be added', async t => {
  t.throws(() => roleOf('GET', '/v1/secrets'), /access\/route-roles/)
  t.equal(roleOf('HEAD', '/v1/calls'), 'viewer')
})

t.test('a viewer is refused a route for administrators, and the message names the required role', async t => {
  const { pool } = await freshDatabase(t)
  const { get, post } = await queryApi(t, pool, () => new Date(), { viewers: { 'viewer-key': VIEWER } })
  t.equal((await get('/v1/calls', 'viewer-key')).statusCode, 200)
  const refused = await get('/v1/drift', 'viewer-key')
  t.match(
    { status: refused.statusCode, ...refused.json<object>() },
    { status: 403, code: 'MCS_FORBIDDEN', message: /platform_admin/ }
  )
  t.equal((await post('/v1/projector/resume', undefined, 'viewer-key')).statusCode, 403)
  t.equal((await get('/v1/drift', 'unknown-key')).statusCode, 401)
})
