import { createHash, randomBytes } from 'node:crypto'
import t from 'tap'
import { createApiClient } from '../../src/client/client.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

t.test('a running service reports its state without secrets, and applies changed settings', async t => {
  const { url } = await freshDatabase(t)
  // the cast holds because map returns as many elements
  const [token, other, adminKey] = [0, 1, 2].map(() => randomBytes(32).toString('base64url')) as [
    string,
    string,
    string
  ]
  const service = await startServiceProcess(t, {
    DATA_DIR: tempDir(t),
    DATABASE_URL: url,
    WEBHOOK_TOKENS: `${token},${other}`,
    ADMIN_KEY: adminKey
  })
  const client = createApiClient({ baseUrl: service.url, key: adminKey })
  const at = new Date(Date.now() - 60_000)
  const post = await fetch(`${service.url}/webhooks/mightycall/${token}`, {
    method: 'POST',
    body: JSON.stringify({
      EventType: 'IncomingCall',
      CallId: 'c',
      Timestamp: at.toISOString(),
      From: '+15559371200',
      To: '+15550347567'
    })
  })
  t.equal(post.status, 200)
  await eventually('the call is projected', async () => (await client.GET('/v1/calls')).data?.data.length === 1, 30_000)

  const { data: system } = await client.GET('/v1/system')
  if (!system) throw new Error('GET /v1/system failed')
  t.match(system, {
    versions: { node: process.versions.node, postgres: String, schema: /^\d{4}_/, folds: { call: Number } },
    roles: ['receive', 'project', 'query', 'reconcile'],
    spool: null,
    lag: [{ topic: 'all', partition: 0, records: 0 }],
    holes: [],
    stop: null,
    alarms: [],
    processes: [
      {
        roles: ['receive', 'project', 'query', 'reconcile'],
        version: system.versions.package,
        stoppedAt: null,
        spool: null
      }
    ]
  })
  t.strictSame(
    system.readiness.map(({ role, ready }) => [role, ready]).sort(),
    ['project', 'query', 'receive', 'reconcile'].map(role => [role, true])
  )
  t.ok(Date.parse(system.webhooks[0]?.lastAt ?? '') > at.getTime())
  const fingerprint = (secret: string) => createHash('sha256').update(secret).digest('hex').slice(0, 8)
  t.match(system.tokens, [
    { account: 'default', fingerprint: fingerprint(token), lastUsedAt: String },
    { account: 'default', fingerprint: fingerprint(other), lastUsedAt: null }
  ])
  for (const secret of [token, other, adminKey]) t.notMatch(JSON.stringify(system), secret)
  const metrics = await (
    await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } })
  ).text()
  t.match(metrics, /^mcs_consumer_lag_records\{topic="all",partition="0"\} 0$/m)

  const day = async () => {
    const { data } = await client.GET('/api/admin/mightycall/reports')
    return data?.reports.map(report => report.report_date).join()
  }
  const zones = ['Pacific/Kiritimati', 'Etc/GMT+12'] // 26 hours apart: never the same day
  const dayIn = (timeZone: string) => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(at)
  for (const timeZone of zones) {
    await client.PATCH('/v1/settings', { body: { timeZone } })
    await eventually(`the report is of the day in ${timeZone}`, async () => (await day()) === dayIn(timeZone), 30_000)
  }
})
