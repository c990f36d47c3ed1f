import t from 'tap'
import {
  ACME,
  ACME_API_KEY,
  callNotifications,
  GLOBEX,
  GLOBEX_API_KEY,
  INITECH,
  startWithAccounts,
  webhookTokens
} from '../support/accounts.js'

t.test('SIGHUP adds and removes accounts, and an invalid file changes nothing', async t => {
  const { service, post, reload } = await startWithAccounts(t)
  const [started = {}] = callNotifications(GLOBEX_API_KEY)
  const seriesOf = async () =>
    [
      ...(
        await (
          await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${service.adminKey}` } })
        ).text()
      ).matchAll(/^mcs_last_webhook_timestamp_seconds\{account="([^"]+)"/gm)
    ]
      .map(found => found[1])
      .sort()
  t.strictSame([await post('acme', {}), await post('globex', started), await post('initech', started)], [200, 200, 404])
  t.strictSame(await seriesOf(), ['globex'], 'a notification that is not understood does not count')
  const [ofAcme = {}] = callNotifications(ACME_API_KEY)
  t.equal(await post('acme', ofAcme), 200)
  t.strictSame(await seriesOf(), ['acme', 'globex'])

  await reload([INITECH, GLOBEX], /"accounts":2,"added":\["initech"\],"removed":\["acme"\]/)
  t.strictSame(
    [await post('acme', started), await post('globex', started), await post('initech', started)],
    [404, 200, 200]
  )
  t.strictSame(await seriesOf(), ['globex', 'initech'])

  for (const invalid of ['[{"id":', [], [ACME, { ...GLOBEX, tokens: [webhookTokens.acme] }]]) {
    await reload(invalid, /"alarm":"accounts-reload-failed"/)
    t.strictSame(
      [await post('acme', started), await post('globex', started), await post('initech', started)],
      [404, 200, 200]
    )
  }
  await reload([ACME], /"accounts":1,"added":\["acme"\],"removed":\["initech","globex"\]/)
  t.strictSame([await post('acme', started), await post('globex', started)], [200, 404])

  t.equal(await service.end('SIGTERM'), 0)
  for (const secret of [...Object.values(webhookTokens), ACME_API_KEY, GLOBEX_API_KEY, service.adminKey])
    t.notOk(service.output().includes(secret), 'the output contains no secret')
})

t.test('no request is dropped during reloads of the accounts', async t => {
  const { service, post, reload } = await startWithAccounts(t)
  const [started = {}] = callNotifications(GLOBEX_API_KEY)
  const statuses: number[] = []
  let done = false
  const sending = Array.from({ length: 8 }, async () => {
    while (!done) statuses.push(await post('globex', started))
  })
  for (let i = 0; i < 10; i++)
    await reload(i % 2 ? [GLOBEX] : [INITECH, { ...GLOBEX, defaultRegion: 'US' }], /were read again/)
  done = true
  await Promise.all(sending)
  t.ok(statuses.length > 10)
  t.strictSame(new Set(statuses), new Set([200]))
  t.equal(await service.end('SIGTERM'), 0)
})
