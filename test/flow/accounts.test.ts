import { renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { DOCUMENTED, INBOUND } from '../support/documented.js'
import { queryEmbedded } from '../support/embedded.js'
import { eventually } from '../support/eventually.js'
import { type RunningService, someSecrets, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

const tokenOf = { acme: someSecrets().WEBHOOK_TOKENS, globex: someSecrets().WEBHOOK_TOKENS, initech: someSecrets().WEBHOOK_TOKENS }
const [KEY, OTHER_KEY] = ['the-api-key-of-acme', 'the-api-key-of-globex']
const ACME = { id: 'acme', tokens: [tokenOf.acme], apiKey: KEY }
const GLOBEX = { id: 'globex', tokens: [tokenOf.globex], apiKey: OTHER_KEY, defaultRegion: 'GB' }
const INITECH = { id: 'initech', tokens: [tokenOf.initech] }

interface Page {
  data: { account: string, id: string }[]
}

/** The service with acme and globex, and a way to give it other accounts. */
async function start (t: Test) {
  const DATA_DIR = tempDir(t)
  const ACCOUNTS_FILE = path.join(tempDir(t), 'accounts.json')
  const write = (content: unknown) => {
    writeFileSync(`${ACCOUNTS_FILE}.new`, typeof content === 'string' ? content : JSON.stringify(content))
    renameSync(`${ACCOUNTS_FILE}.new`, ACCOUNTS_FILE)
  }
  write([ACME, GLOBEX])
  const service = await startServiceProcess(t, { DATA_DIR, ACCOUNTS_FILE })
  const post = async (account: keyof typeof tokenOf, notification: object) => (await fetch(`${service.url}/webhooks/mightycall/${tokenOf[account]}`, { method: 'POST', body: JSON.stringify(notification) })).status
  const reload = async (content: unknown, heard: RegExp) => {
    write(content)
    const said = service.output().length
    service.child.kill('SIGHUP')
    await eventually('the file was read again', () => heard.test(service.output().slice(said)))
  }
  return { service, post, reload, query: <Row extends object>(sql: string) => queryEmbedded<Row>(DATA_DIR, sql) }
}

/** Notifications of one inbound call, as the account would send them. */
const callOf = (apiKey: string, changes: object = {}) => DOCUMENTED.slice(0, 5).map(notification => ({ ...notification, ApiKey: apiKey, Body: { ...notification.Body, ...changes } }))

const statusOf = async ({ url, adminKey }: RunningService, path: string) => (await fetch(url + path, { headers: { authorization: `Bearer ${adminKey}` } })).status

t.test('a token names the account: the same call id in two accounts is two calls', async t => {
  const { service, post, query } = await start(t)
  t.equal(service.token, '', 'no webhook token was made')
  for (const notification of callOf(KEY, { From: '+442079460958' })) t.equal(await post('acme', notification), 200)
  for (const notification of callOf(OTHER_KEY, { From: '020 7946 0958', Extension: '205' }).slice(0, 4)) t.equal(await post('globex', notification), 200)
  await eventually('nine events are projected', async () => (await query('select from events')).length === 9)

  const perAccount = (table: string, id: string) => query(`select account, count(*)::int as rows from ${table} where ${id} = '${INBOUND}' group by account order by account`)
  t.strictSame(await perAccount('events', 'entity'), [{ account: 'acme', rows: 5 }, { account: 'globex', rows: 4 }])
  for (const [table, id] of [['entities', 'entity'], ['call_history', 'call_id'], ['call_legs', 'call_id']] as const) {
    t.strictSame(await perAccount(table, id), [{ account: 'acme', rows: 1 }, { account: 'globex', rows: 1 }], table)
  }

  t.equal(await statusOf(service, `/v1/calls/${INBOUND}`), 409)
  t.equal(await statusOf(service, `/v1/calls/${INBOUND}?account=initech`), 404)
  t.match(await service.get(`/v1/calls/${INBOUND}?account=acme`), { account: 'acme', state: 'ended', answeredBy: '103', client: { number: '+442079460958' }, legs: [{ extension: '103' }] })
  t.match(await service.get(`/v1/calls/${INBOUND}?account=globex`), { account: 'globex', state: 'connected', answeredBy: '205', client: { number: '+442079460958' }, legs: [{ extension: '205' }] })

  const accountsOf = async (filter: string) => (await service.get(`/v1/calls?${filter}&sort=startedAt`) as Page).data.map(call => call.account)
  t.strictSame(await accountsOf('client=020%207946%200958'), ['acme', 'globex'], 'read as of the US and of Great Britain')
  t.strictSame(await accountsOf('client=020%207946%200958&account=globex'), ['globex'])
  t.strictSame(await accountsOf('client=020%207946%200958&account=acme'), [], 'in the US this is another number')
  t.strictSame(await accountsOf('account=acme'), ['acme'])
  t.equal(await service.end('SIGTERM'), 0)
})

t.test("an ApiKey of one account in another's notification keeps it apart", async t => {
  const { service, post, query } = await start(t)
  const [started] = callOf(KEY)
  t.equal(await post('globex', started ?? {}), 200)
  t.equal(await post('acme', started ?? {}), 200)
  await eventually('both are projected', async () => (await query('select from events')).length === 2)
  t.match(await query("select account, type, fields->>'reason' as reason from events order by account"), [
    { account: 'acme', type: 'call.started', reason: null },
    { account: 'globex', type: 'unclassified', reason: 'api-key-mismatch' }
  ])
  t.strictSame((await service.get('/v1/calls') as Page).data.map(call => call.account), ['acme'])
})

t.test('SIGHUP brings and takes accounts, and a broken file changes nothing', async t => {
  const { service, post, reload } = await start(t)
  const [started = {}] = callOf(OTHER_KEY)
  const seriesOf = async () => [...(await (await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${service.adminKey}` } })).text()).matchAll(/^mcs_last_webhook_timestamp_seconds\{account="([^"]+)"/gm)].map(found => found[1]).sort()
  t.strictSame([await post('acme', {}), await post('globex', started), await post('initech', started)], [200, 200, 404])
  t.strictSame(await seriesOf(), ['acme', 'globex'])

  await reload([INITECH, GLOBEX], /"accounts":2,"added":\["initech"\],"removed":\["acme"\]/)
  t.strictSame([await post('acme', started), await post('globex', started), await post('initech', started)], [404, 200, 200])
  t.strictSame(await seriesOf(), ['globex', 'initech'])

  for (const broken of ['[{"id":', [], [ACME, { ...GLOBEX, tokens: [tokenOf.acme] }]]) {
    await reload(broken, /"alarm":"accounts-reload-failed"/)
    t.strictSame([await post('acme', started), await post('globex', started), await post('initech', started)], [404, 200, 200])
  }
  await reload([ACME], /"accounts":1,"added":\["acme"\],"removed":\["initech","globex"\]/)
  t.strictSame([await post('acme', started), await post('globex', started)], [200, 404])

  t.equal(await service.end('SIGTERM'), 0)
  for (const secret of [...Object.values(tokenOf), KEY, OTHER_KEY, service.adminKey]) t.notOk(service.output().includes(secret), 'no secret in the output')
})

t.test('no request is dropped while the accounts are read again', async t => {
  const { service, post, reload } = await start(t)
  const [started = {}] = callOf(OTHER_KEY)
  const statuses: number[] = []
  let done = false
  const sending = Array.from({ length: 8 }, async () => {
    while (!done) statuses.push(await post('globex', started))
  })
  for (let i = 0; i < 10; i++) await reload(i % 2 ? [GLOBEX] : [INITECH, { ...GLOBEX, defaultRegion: 'US' }], /were read again/)
  done = true
  await Promise.all(sending)
  t.ok(statuses.length > 10)
  t.strictSame(new Set(statuses), new Set([200]))
  t.equal(await service.end('SIGTERM'), 0)
})
