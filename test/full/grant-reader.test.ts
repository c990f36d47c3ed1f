import pg from 'pg'
import t from 'tap'
import { REPORTING_VIEWS } from '../../src/db/reporting/views.js'
import { DOCUMENTED_NOTIFICATIONS, INBOUND } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { runCommand, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

t.test('grant-reader prints an address that reads the views of the embedded database, and nothing else', async t => {
  const DATA_DIR = tempDir(t)
  const service = await startServiceProcess(t, { DATA_DIR })
  for (const notification of DOCUMENTED_NOTIFICATIONS) t.equal(await service.post(notification), 200)
  const grant = (...args: string[]) => runCommand(['grant-reader', ...args], { DATA_DIR })

  const first = await grant()
  t.match(first, {
    code: 0,
    stdout: /^postgres:\/\/mightycall_reader:[\w-]{32}@%2F.+\.run:5432\/mightycall\n$/,
    stderr: /^created the role mightycall_reader; /
  })
  const [, password = ''] = /reader:([\w-]+)@/.exec(first.stdout) ?? []
  const reader = new pg.Client({ connectionString: first.stdout.trim() })
  await reader.connect()
  await eventually('the call is visible', async () => {
    const { rows } = await reader.query<{ id: string; state: string }>('select id, state from calls')
    return rows.some(({ id, state }) => id === INBOUND && state === 'ended')
  })
  for (const { name } of REPORTING_VIEWS) await reader.query(`select * from ${name}`)
  for (const internal of ['call_history', 'events', 'api_keys', 'sessions', 'audit_log', 'settings'])
    await t.rejects(reader.query(`select from public.${internal}`), { code: '42501' }, internal)
  await reader.end()

  const second = await grant()
  t.match(second, {
    code: 0,
    stdout: /^postgres:\/\/mightycall_reader@%2F.+\.run:5432\/mightycall\n$/,
    stderr: /keeps its password/
  })
  t.notMatch(second.stdout + second.stderr, password)
  const renewed = await grant('--new-password')
  t.match(renewed.stdout, /^postgres:\/\/mightycall_reader:[\w-]{32}@/)
  t.notMatch(renewed.stdout, password)
  t.match(await grant('--role', 'Robert"; drop'), { code: 1, stderr: /lower-case letters/ })
  t.match(await grant('--role', 'mightycall'), { code: 1, stderr: /may do more than read the views/ })
  t.equal(await service.end('SIGTERM'), 0)
})
