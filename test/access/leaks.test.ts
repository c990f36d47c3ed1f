import t from 'tap'
import { type DescribedRoute, describedRoutes } from '../support/described-routes.js'
import {
  clientNumberOf,
  IDS_OF_ORG,
  MOVED_NUMBER,
  ORGS,
  type Org,
  setUpOrganizations,
  stringsIn
} from '../support/organizations.js'

/** Streams do not end. They are tested in live/visibility.test.ts. */
const STREAMS = ['/v1/live']

const LATER = '2026-11-24T00:00:00Z'

/** Shorter secrets occur in other texts by chance; they count only when they are a whole value. */
const MIN_SUBSTRING_LENGTH = 6

/** Returns the secrets that a response contains. */
function leaksIn(body: string, secrets: readonly string[]): string[] {
  const values = new Set(
    /^[[{]/.test(body)
      ? body
          .trim()
          .split('\n')
          .flatMap(line => stringsIn(JSON.parse(line)))
      : body.split(/[,\r\n"]/)
  )
  return secrets.filter(
    secret => values.has(secret) || (secret.length >= MIN_SUBSTRING_LENGTH && body.includes(secret))
  )
}

/** Returns requests in every form in which a route could return data of the owner. */
function requestsFor(route: DescribedRoute, owner: Org, organization: string): string[] {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const ids = (name: string) => [...(IDS_OF_ORG[owner][name] ?? []), ...(name === 'id' ? [organization] : [])]
  const urls =
    names.length === 0 ? [route.url()] : names.flatMap(name => ids(name).map(id => route.url({ [name]: id })))
  const queries = [
    '',
    'limit=500',
    'format=csv',
    'format=ndjson',
    `asOf=${LATER}`,
    `knownAt=${LATER}`,
    'account=default',
    'groupBy=businessNumber',
    'groupBy=extension',
    `businessNumber=${encodeURIComponent(MOVED_NUMBER)}`,
    `client=${encodeURIComponent(clientNumberOf(owner, 1))}`,
    `extension=${IDS_OF_ORG[owner].extension?.[0]}`,
    `q=${encodeURIComponent(clientNumberOf(owner, 1))}`,
    'since=2026-11-01&until=2026-11-25'
  ]
  return urls.flatMap(url =>
    queries
      .filter(query => query === '' || route.query.includes(query.split('=')[0] ?? ''))
      .map(query => (query === '' ? url : `${url}?${query}`))
  )
}

t.test('no response contains data of another organization', async t => {
  const { app, get, keys, organizations, secrets, adminKey } = await setUpOrganizations(t)
  const routes = describedRoutes(app).filter(
    ({ method, role, path }) =>
      method === 'GET' && (role === 'viewer' || role === 'org_admin') && !STREAMS.includes(path)
  )
  for (const org of ORGS) t.ok(secrets[org].length > 50, `${secrets[org].length} values exist only in ${org}`)
  for (const route of routes) {
    const leaks = new Set<string>()
    for (const [own, other] of [
      ['a', 'b'],
      ['b', 'a']
    ] as const) {
      for (const url of requestsFor(route, other, organizations[other])) {
        for (const key of keys[own])
          for (const leak of leaksIn((await get(url, key)).body, secrets[other]))
            leaks.add(`${own} sees ${leak} at ${url}`)
      }
    }
    const found = [...leaks].slice(0, 5)
    t.strictSame(found, [], route.path)
  }
  t.ok(
    leaksIn((await get('/v1/calls?limit=500', adminKey)).body, secrets.b).length > 10,
    'the detection finds the data that an admin sees'
  )
})

t.test('each organization sees its own data', async t => {
  const { app, get, keys, organizations, secrets } = await setUpOrganizations(t)
  const lists = describedRoutes(app).filter(
    ({ method, role, path }) =>
      method === 'GET' && role === 'viewer' && !path.includes(':') && !STREAMS.includes(path) && path !== '/v1/me'
  )
  for (const org of ORGS) {
    const seen = new Set<string>()
    for (const { path } of lists)
      for (const leak of leaksIn((await get(path, keys[org][0])).body, secrets[org])) seen.add(leak)
    for (const id of IDS_OF_ORG[org].id?.filter(id => id.includes('call')) ?? []) t.ok(seen.has(id), id)
    t.equal((await get(`/v1/organizations/${organizations[org]}`, keys[org][1])).statusCode, 200)
  }
})
