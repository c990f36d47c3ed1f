import t from 'tap'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually, isRunning } from '../support/eventually.js'
import { queryEmbedded } from '../support/query-embedded.js'
import { runCommand, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'
import { assertOutputHasNoSecrets, postsAndReads, untilAllProjected } from './flow.js'

t.test('with the embedded Postgres and the local log, posted notifications are read back as calls', async t => {
  const DATA_DIR = tempDir(t)
  const service = await startServiceProcess(t, { DATA_DIR, LOG_LEVEL: 'debug' })
  await postsAndReads(t, service)
  t.equal(await countEvents(DATA_DIR), 13, 'each event is stored once')

  const tail = await runCommand(['tail', '--from-beginning', '--count', '26'], { DATA_DIR })
  const records = tail.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { topic: string; headers: { ce_id: string } })
  t.equal(records.length, 26, 'the log contains every notification, including duplicates')
  t.equal(new Set(records.map(record => record.headers.ce_id)).size, 13, 'duplicates have the same id')
  t.ok(records.every(record => record.topic === 'mightycall.calls'))

  t.match(
    await runCommand(['rebuild', '--dry-run'], { DATA_DIR }),
    { code: 0, stdout: 'done: 3 entities, 13 events, 0 differing rows\n' },
    'while the service is running'
  )
  t.equal(await service.end('SIGTERM'), 0, 'the service exits with code 0')
  assertOutputHasNoSecrets(t, service)
})

t.test(
  'SIGKILL between two posts loses nothing, and the next start continues with the same data and secrets',
  async t => {
    const DATA_DIR = tempDir(t)
    let service = await startServiceProcess(t, { DATA_DIR })
    const first = service
    for (const notification of DOCUMENTED_NOTIFICATIONS.slice(0, 7)) t.equal(await service.post(notification), 200)
    const postgres = await attachedPid(DATA_DIR)
    await service.end('SIGKILL')
    await eventually('Postgres has exited after its owner', () => !isRunning(postgres))

    service = await startServiceProcess(t, { DATA_DIR })
    t.equal(service.token, first.token)
    t.equal(service.adminKey, first.adminKey)
    for (const notification of DOCUMENTED_NOTIFICATIONS.slice(7)) t.equal(await service.post(notification), 200)
    await untilAllProjected(service)
    t.equal(await countEvents(DATA_DIR), 13)
    t.equal(await service.end('SIGTERM'), 0)
  }
)

async function countEvents(dataDir: string): Promise<number> {
  const [row] = await queryEmbedded<{ count: number }>(dataDir, 'select count(*)::int as count from events')
  return row?.count ?? -1
}

async function attachedPid(dataDir: string): Promise<number> {
  const [row] = await queryEmbedded<{ pid: number }>(dataDir, 'select pg_backend_pid() as pid')
  return row?.pid ?? 0
}
