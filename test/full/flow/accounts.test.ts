import t from 'tap'
import { ACME_API_KEY, callNotifications, GLOBEX_API_KEY, startWithAccounts } from '../../support/accounts.js'
import { INBOUND } from '../../support/documented-notifications.js'
import { eventually } from '../../support/eventually.js'
import type { RunningService } from '../../support/service.js'

interface Page {
  data: { account: string; id: string }[]
}

t.test('the token determines the account, and the same call id in two accounts is two calls', async t => {
  const { service, post, query } = await startWithAccounts(t)
  t.equal(service.token, '', 'no webhook token was generated')
  for (const notification of callNotifications(ACME_API_KEY, { From: '+442079460958' }))
    t.equal(await post('acme', notification), 200)
  for (const notification of callNotifications(GLOBEX_API_KEY, { From: '020 7946 0958', Extension: '205' }).slice(0, 4))
    t.equal(await post('globex', notification), 200)
  await eventually('nine events are projected', async () => (await query('select from events')).length === 9)

  const perAccount = (table: string, id: string) =>
    query(
      `select account, count(*)::int as rows from ${table} where ${id} = '${INBOUND}' group by account order by account`
    )
  t.strictSame(await perAccount('events', 'entity'), [
    { account: 'acme', rows: 5 },
    { account: 'globex', rows: 4 }
  ])
  for (const [table, id] of [
    ['entities', 'entity'],
    ['call_history', 'call_id'],
    ['call_legs', 'call_id']
  ] as const) {
    t.strictSame(
      await perAccount(table, id),
      [
        { account: 'acme', rows: 1 },
        { account: 'globex', rows: 1 }
      ],
      table
    )
  }

  t.equal(await statusOf(service, `/v1/calls/${INBOUND}`), 409)
  t.equal(await statusOf(service, `/v1/calls/${INBOUND}?account=initech`), 404)
  t.match(await service.get(`/v1/calls/${INBOUND}?account=acme`), {
    account: 'acme',
    state: 'ended',
    answeredBy: '103',
    client: { number: '+442079460958' },
    legs: [{ extension: '103' }]
  })
  t.match(await service.get(`/v1/calls/${INBOUND}?account=globex`), {
    account: 'globex',
    state: 'connected',
    answeredBy: '205',
    client: { number: '+442079460958' },
    legs: [{ extension: '205' }]
  })

  const accountsOf = async (filter: string) =>
    ((await service.get(`/v1/calls?${filter}&sort=startedAt`)) as Page).data.map(call => call.account)
  t.strictSame(
    await accountsOf('client=020%207946%200958'),
    ['acme', 'globex'],
    'parsed as a number of the US and of Great Britain'
  )
  t.strictSame(await accountsOf('client=020%207946%200958&account=globex'), ['globex'])
  t.strictSame(await accountsOf('client=020%207946%200958&account=acme'), [], 'a different number in the US')
  t.strictSame(await accountsOf('account=acme'), ['acme'])
  t.equal(await service.end('SIGTERM'), 0)
})

t.test('a notification with the ApiKey of another account is unclassified', async t => {
  const { service, post, query } = await startWithAccounts(t)
  const [started] = callNotifications(ACME_API_KEY)
  t.equal(await post('globex', started ?? {}), 200)
  t.equal(await post('acme', started ?? {}), 200)
  await eventually('both are projected', async () => (await query('select from events')).length === 2)
  t.match(await query("select account, type, fields->>'reason' as reason from events order by account"), [
    { account: 'acme', type: 'call.started', reason: null },
    { account: 'globex', type: 'unclassified', reason: 'api-key-mismatch' }
  ])
  t.strictSame(
    ((await service.get('/v1/calls')) as Page).data.map(call => call.account),
    ['acme']
  )
})

async function statusOf({ url, adminKey }: RunningService, path: string): Promise<number> {
  return (await fetch(url + path, { headers: { authorization: `Bearer ${adminKey}` } })).status
}
