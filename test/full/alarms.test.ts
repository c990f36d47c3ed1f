import t from 'tap'
import { freshDatabase } from '../support/database.js'
import { DOCUMENTED_API_KEY, DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { type RunningService, randomSecrets, runCommand, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

interface SystemAnswer {
  alarms: { name: string; subject: string; process: string; count: number; since: string; resolvedAt: string | null }[]
  processes: { name: string; roles: string[]; stoppedAt: string | null; spool: { records: number } | null }[]
}

const systemOf = async (service: RunningService) => (await service.get('/v1/system')) as SystemAnswer
const alarmOf = async (service: RunningService, name: string) =>
  (await systemOf(service)).alarms.find(alarm => alarm.name === name)

t.test('a mistyped API key raises alarms at once, and what it has set aside can be projected', async t => {
  const { pool, url } = await freshDatabase(t)
  const env = { DATA_DIR: tempDir(t), DATABASE_URL: url, ...randomSecrets(), TZ: 'UTC' }
  const mistyped = await startServiceProcess(t, { ...env, MIGHTYCALL_API_KEY: 'a-mistyped-key' })
  const [started] = DOCUMENTED_NOTIFICATIONS
  const calls = async () => Number((await pool.query('select from call_history')).rowCount)
  const post = (service: RunningService, id: number) =>
    service.post({ ...started, ApiKey: DOCUMENTED_API_KEY, Body: { ...started?.Body, Id: `call-${id}` } })
  for (let i = 0; i < 120; i++) t.equal(await post(mistyped, i), 200)
  t.match(await alarmOf(mistyped, 'api-key-mismatch'), { subject: 'default', resolvedAt: null })
  t.match(await alarmOf(mistyped, 'not-understood'), { subject: 'default', count: 1, resolvedAt: null })
  t.match(mistyped.output(), /"alarm":"api-key-mismatch"/)
  t.equal(await mistyped.end('SIGTERM'), 0)

  const corrected = await startServiceProcess(t, { ...env, MIGHTYCALL_API_KEY: DOCUMENTED_API_KEY })
  t.match(await alarmOf(corrected, 'api-key-mismatch'), { resolvedAt: null }, 'it is kept over the restart')
  t.equal(await post(corrected, 120), 200)
  await eventually('the alarm is over', async () => {
    const alarm = await alarmOf(corrected, 'api-key-mismatch')
    return typeof alarm?.resolvedAt === 'string'
  })
  await eventually('the call is projected', async () => (await calls()) === 1, 30_000)
  t.match(await runCommand(['reclassify', '--accept-api-key'], env), {
    code: 0,
    stdout: /^moved 120 of 120 unclassified events/
  })
  t.equal(await calls(), 121)
})

t.test('a query node shows the alarms and the spool of a receiver, also after it was killed', async t => {
  const { url } = await freshDatabase(t)
  const secrets = randomSecrets()
  const start = (roles: string, port = '0') =>
    startServiceProcess(t, {
      DATA_DIR: roles === 'receive' ? receiverDir : tempDir(t),
      DATABASE_URL: url,
      KAFKA_BROKERS: '127.0.0.1:9',
      ROLES: roles,
      PORT: port,
      ...secrets
    })
  const receiverDir = tempDir(t)
  const query = await start('query')
  const receiver = await start('receive')
  t.equal(await receiver.post(DOCUMENTED_NOTIFICATIONS[0]), 200)
  const { port } = new URL(receiver.url)
  await eventually('the query node shows it', async () => (await alarmOf(query, 'spooling')) !== undefined, 30_000)
  const spooling = await alarmOf(query, 'spooling')
  t.match(spooling, { process: new RegExp(`:${port}$`), resolvedAt: null })
  await eventually(
    'and what is spooled',
    async () => (await systemOf(query)).processes.some(({ spool }) => spool?.records === 1),
    30_000
  )
  await receiver.end('SIGKILL')
  t.match(
    (await systemOf(query)).processes.find(({ roles }) => roles.join() === 'receive'),
    {
      stoppedAt: null,
      spool: { records: 1 }
    }
  )
  t.match(await alarmOf(query, 'spooling'), { resolvedAt: null })

  const restarted = await start('receive', port)
  await eventually('it spools again', async () => ((await alarmOf(query, 'spooling'))?.count ?? 0) === 2, 30_000)
  t.equal((await systemOf(query)).processes.length, 2, 'a restarted process keeps its row')
  t.equal(await restarted.end('SIGTERM'), 3)
  t.match(await alarmOf(query, 'spool-left'), { process: spooling?.process, resolvedAt: null })
})
