import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { eventually } from '../../support/eventually.js'
import { runCommand, startServiceProcess } from '../../support/service.js'
import { tempDir } from '../../support/temp-dir.js'

t.test('errors that an operator can fix are printed as one line on stderr, with exit code 1', async t => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const file = path.join(tempDir(t), 'file')
  writeFileSync(file, '')
  const cases: [name: string, environment: Record<string, string>, line: RegExp][] = [
    ['a port in use', { PORT: String(port) }, /in use.*set PORT/],
    ['a HOST that is not an address of the machine', { HOST: '192.0.2.1' }, /cannot listen on 192.0.2.1.*set HOST/],
    [
      'a DATA_DIR that cannot be written',
      { DATA_DIR: path.join(file, 'data') },
      /cannot be written \(ENOTDIR\): .*set DATA_DIR/
    ],
    ['an invalid variable', { PORT: 'eighty' }, /PORT is not valid/],
    [
      'missing secrets with a shared database',
      { DATABASE_URL: 'postgres://127.0.0.1:1/x' },
      /set WEBHOOK_TOKENS and ADMIN_KEY/
    ],
    [
      'a missing accounts file',
      { ACCOUNTS_FILE: '/nowhere/accounts.json' },
      /ACCOUNTS_FILE: it cannot be read \(ENOENT\)/
    ],
    ['a single role without external servers', { ROLES: 'receive' }, /ROLES: .*DATABASE_URL and KAFKA_BROKERS/]
  ]
  for (const [name, environment, line] of cases) {
    const { code, stdout, stderr } = await runCommand(['start'], {
      DATA_DIR: tempDir(t),
      PORT: '0',
      LOG_LEVEL: 'error',
      ...environment
    })
    t.equal(code, 1, name)
    t.match(stderr, line, name)
    t.equal(stderr.trim().split('\n').length, 1, `${name}: one line`)
    t.notMatch(stderr + stdout, /\n {4}at /, `${name}: no stack`)
  }
})

t.test('data of another version of Postgres ends a command, while the service starts and receives', async t => {
  const DATA_DIR = tempDir(t)
  mkdirSync(path.join(DATA_DIR, 'postgres/global'), { recursive: true })
  writeFileSync(path.join(DATA_DIR, 'postgres/global/pg_control'), '')
  writeFileSync(path.join(DATA_DIR, 'postgres/PG_VERSION'), '9\n')
  t.match(await runCommand(['migrate'], { DATA_DIR }), { code: 1, stderr: /^[^\n]*PostgreSQL 9[^\n]*\n$/ })
  const service = await startServiceProcess(t, { DATA_DIR })
  t.equal(await service.post({ EventType: 'IncomingCall', CallId: 'c' }), 200)
  t.match(await service.get('/health/ready'), { ready: false, roles: { receive: { ready: true } } })
  await eventually('the log says why', () => service.output().includes('PostgreSQL 9'))
})

t.test('a second service on the same DATA_DIR is refused, while migrate works beside the first', async t => {
  const DATA_DIR = tempDir(t)
  const service = await startServiceProcess(t, { DATA_DIR })
  t.match(await runCommand(['start'], { DATA_DIR, PORT: '0' }), {
    code: 1,
    stderr: /in use by another running process/
  })
  t.match(await runCommand(['migrate'], { DATA_DIR }), { code: 0, stdout: 'the schema is up to date\n' })
  t.match(await service.get('/health/ready'), {
    ready: true,
    roles: { receive: { ready: true }, project: { ready: true }, query: { ready: true } }
  })
  const metrics = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${service.adminKey}` } })
  t.match(await metrics.text(), /^mcs_webhooks_total\{result="stored"\} 0$/m)
  t.equal((await fetch(`${service.url}/metrics`)).status, 401)
  t.equal(await service.end('SIGINT'), 0)
  t.match(await runCommand(['migrate'], { DATA_DIR }), { code: 0 }, 'it works without the service as well')
})
