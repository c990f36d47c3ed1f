import type pg from 'pg'
import t, { type Test } from 'tap'
import type { TObject, TSchema } from 'typebox'
import { ROUTES } from '../../src/access/route-roles.js'
import type { Viewer } from '../../src/access/viewer.js'
import { freshDatabase } from '../support/database.js'
import { dereference } from '../support/fuzz/dereference.js'
import { fillDatabase, ORGANIZATION } from '../support/large-database.js'
import { queryApi } from '../support/query-api.js'

const BIG = /^(call_history|call_legs|voicemail_logs|sms_logs|contacts|events(_\d+)?)$/
const ORGANIZATION_VIEWER: Viewer = { actor: 'k', role: 'viewer', account: 'a', organization: ORGANIZATION }

/** The lists of large tables. */
const LISTS = ['/v1/calls', '/v1/voicemails', '/v1/messages', '/v1/threads', '/v1/contacts', '/v1/events', '/v1/agents']

/** Values of parameters whose schema lists none: a common value, a rare one, and one that matches nothing. */
const VALUES: Record<string, string[]> = {
  account: ['a', 'b', 'unknown'],
  businessNumber: ['+15550001003', '(555) 000-9999'],
  client: ['+15550139902', '(555) 999-9999'],
  extension: ['105', '199', '9'],
  group: ['group-3', 'nothing'],
  thread: ['00000000-0000-4000-8000-000000000000'],
  entity: ['call-77', 'nothing'],
  q: ['0139902', '1390', 'name c4ca4238', 'please', '%25nothing%25'],
  since: ['2026-02-01', '2030-01-01'],
  until: ['2026-01-02', '2026-12-01'],
  asOf: ['2026-03-01'],
  minDurationSeconds: ['10', '599'],
  maxDurationSeconds: ['0', '500']
}

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  Plans?: Plan[]
}

t.test('every list uses an index for every filter and every order', async t => {
  const { get, lists, statements } = await filledApi(t)
  for (const [url, querystring] of lists) {
    for (const query of ['limit=50', ...queriesOf(querystring)]) {
      for (const key of url === '/v1/events' ? [undefined] : [undefined, 'organization']) {
        const { statusCode } = await get(`${url}?${query}`, key)
        t.equal(statusCode, 200, `${url}?${query}`)
        for (const { text, scans } of await statements())
          t.strictSame(scans, [], `${url}?${query} ${key ?? ''} ${scans.length > 0 ? text : ''}`)
      }
    }
  }
})

t.test('every list in the table of routes is checked, except those of small tables', t => {
  const known = [
    ...LISTS,
    '/v1/numbers',
    '/v1/drift',
    '/v1/dead-letters',
    '/v1/failed-entities',
    '/v1/quota',
    '/v1/sync',
    '/v1/backfills',
    '/v1/completeness',
    '/v1/me',
    '/v1/keys',
    '/v1/organizations',
    '/v1/audit',
    '/v1/live',
    '/v1/stats/calls',
    '/v1/stats/agents',
    '/v1/stats/now',
    '/v1/settings',
    '/v1/system',
    '/api/admin/mightycall/phone-numbers',
    '/api/admin/mightycall/extensions',
    '/api/admin/mightycall/reports'
  ]
  t.strictSame(
    ROUTES.filter(([method, url]) => method === 'GET' && !url.includes(':') && !known.includes(url)),
    []
  )
  t.end()
})

/** Sets up the API over many rows. `statements` returns the plans of the statements since its last call. */
async function filledApi(t: Test) {
  const { pool } = await freshDatabase(t)
  await fillDatabase(pool)
  const recorded: { text: string; values: unknown[] }[] = []
  const { app, get } = await queryApi(t, recordStatements(pool, recorded), () => new Date('2026-06-01T00:00:00Z'), {
    viewers: { organization: ORGANIZATION_VIEWER }
  })
  const { paths } = dereference(
    (await app.inject('/docs/json')).json<{
      paths: Record<string, { get: { parameters: { name: string; schema: TSchema }[] } }>
    }>()
  )
  const lists = LISTS.map(url => [url, paths[url]?.get.parameters ?? []] as const)
  const statements = () =>
    Promise.all(
      recorded.splice(0).map(async ({ text, values }) => ({ text, scans: scansIn(await planOf(pool, text, values)) }))
    )
  return { get, lists, statements }
}

/** Records the statements of a pool. The API uses no other method of it. */
function recordStatements(pool: pg.Pool, recorded: { text: string; values: unknown[] }[]): pg.Pool {
  const query = (config: string | { text: string }, values: unknown[]) => {
    recorded.push({ text: typeof config === 'string' ? config : config.text, values })
    return pool.query(config as string, values) // the overloads of query allow either type
  }
  return Object.assign(Object.create(pool) as pg.Pool, { query })
}

async function planOf(pool: pg.Pool, text: string, values: unknown[]): Promise<Plan> {
  const {
    rows: [row]
  } = await pool.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(`explain (format json) ${text}`, values)
  return row?.['QUERY PLAN'][0]?.Plan ?? { 'Node Type': 'none' }
}

function scansIn(plan: Plan): string[] {
  const scans =
    plan['Node Type'] === 'Seq Scan' && BIG.test(plan['Relation Name'] ?? '')
      ? [`Seq Scan of ${plan['Relation Name']}`]
      : []
  return [...scans, ...(plan.Plans ?? []).flatMap(scansIn)]
}

/** Returns a query for each value of each parameter, including parameters without an entry in VALUES. */
function queriesOf(parameters: readonly { name: string; schema: TSchema }[]): string[] {
  return parameters
    .filter(({ name }) => !['cursor', 'limit', 'format', 'bom', 'times'].includes(name))
    .flatMap(({ name, schema }) =>
      valuesOf(name, schema as TObject).map(value => `${name}=${encodeURIComponent(value).replace('%2525', '%25')}`)
    )
}

function valuesOf(
  name: string,
  schema: { enum?: unknown[]; const?: unknown; type?: unknown; items?: object; anyOf?: object[] }
): string[] {
  const options =
    schema.enum ??
    (schema.const === undefined ? undefined : [schema.const]) ??
    (schema.type === 'boolean' ? [true, false] : undefined)
  if (options) return options.map(String)
  if (schema.anyOf) return schema.anyOf.flatMap(option => valuesOf(name, option))
  if (schema.items && !VALUES[name]) return valuesOf(name, schema.items)
  const values = VALUES[name]
  if (!values) throw new Error(`add values of the parameter ${name} to VALUES`)
  return values
}
