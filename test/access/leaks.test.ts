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

/** Has no end, and a test of its own. */
const STREAMS = ['/v1/live']

const LATER = '2026-11-24T00:00:00Z'

/** Shorter ones stand in other words by chance: they have to be a value of their own. */
const TELLING_LENGTH = 6

/** What of the secrets an answer shows. */
function leaksIn(body: string, secrets: readonly string[]): string[] {
  const values = new Set(
    /^[[{]/.test(body)
      ? body
          .trim()
          .split('\n')
          .flatMap(line => stringsIn(JSON.parse(line)))
      : body.split(/[,\r\n"]/)
  )
  return secrets.filter(secret => values.has(secret) || (secret.length >= TELLING_LENGTH && body.includes(secret)))
}

/** All ways to ask a route for what belongs to somebody. */
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
    'groupBy=number',
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

t.test('nothing that only the other organization has reaches anybody of this one', async t => {
  const { app, get, keys, organizations, secrets, adminKey } = await setUpOrganizations(t)
  const routes = describedRoutes(app).filter(
    ({ method, role, path }) =>
      method === 'GET' && (role === 'viewer' || role === 'org_admin') && !STREAMS.includes(path)
  )
  for (const side of ORGS) t.ok(secrets[side].length > 50, `${secrets[side].length} values that only ${side} has`)
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
    'what is looked for is what is shown'
  )
})

t.test('each organization sees what is its own', async t => {
  const { app, get, keys, organizations, secrets } = await setUpOrganizations(t)
  const lists = describedRoutes(app).filter(
    ({ method, role, path }) =>
      method === 'GET' && role === 'viewer' && !path.includes(':') && !STREAMS.includes(path) && path !== '/v1/me'
  )
  for (const side of ORGS) {
    const seen = new Set<string>()
    for (const { path } of lists)
      for (const leak of leaksIn((await get(path, keys[side][0])).body, secrets[side])) seen.add(leak)
    for (const id of IDS_OF_ORG[side].id?.filter(id => id.includes('call')) ?? []) t.ok(seen.has(id), id)
    t.equal((await get(`/v1/organizations/${organizations[side]}`, keys[side][1])).statusCode, 200)
  }
})
