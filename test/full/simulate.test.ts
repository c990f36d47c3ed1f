import { createServer, type RequestListener } from 'node:http'
import t, { type Test } from 'tap'
import { simulateCommand } from '../../src/simulator/cli/simulate.js'
import { simulateCompany } from '../../src/simulator/company.js'
import { eventually } from '../support/eventually.js'
import { listenOnLoopback } from '../support/http-server.js'
import { runCommand, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

interface Listed {
  data: { id: string; direction: string; state: string; outcome: string }[]
}

const SECRET = 'x'.repeat(43)

/** Starts a server with a webhook address. */
async function receiver(t: Test, listener: RequestListener): Promise<string> {
  return `${await listenOnLoopback(t, createServer(listener))}/webhooks/mightycall/${SECRET}`
}

t.test('posted calls can be read from the service', async t => {
  const service = await startServiceProcess(t, { DATA_DIR: tempDir(t) })
  const { code, stdout, stderr } = await runCommand(
    [
      'simulate',
      '--url',
      `${service.url}/webhooks/mightycall/${service.token}`,
      '--rate',
      '500',
      '--calls',
      '30',
      '--seed',
      '1',
      '--duplicate',
      '0.2',
      '--reorder',
      '0.2'
    ],
    {}
  )
  t.equal(stderr, '', 'no progress without a terminal')
  t.equal(code, 0)
  t.match(
    stdout,
    /^posted +(\d+) of \1 notifications in [\d.]+ s, [\d.]+ a second\naccepted +\1\nrefused +0\nseed +1\n$/
  )
  t.notMatch(stdout, service.token)
  const calls = async () => ((await service.get('/v1/calls?limit=100')) as Listed).data // as the API is described
  await eventually(
    'every call has ended',
    async () => (await calls()).filter(call => call.state === 'ended').length === 30
  )
  const { truth } = simulateCompany({ seed: 1, startAt: 0, calls: 30, messages: 0, contacts: 0, hours: 0.5 })
  const short = ({ id, direction, outcome }: { id: string; direction: string; outcome: string }) =>
    `${id} ${direction} ${outcome}`
  t.strictSame((await calls()).map(short).sort(), truth.calls.map(short).sort())
})

t.test('an address without a scheme is refused and not printed', async t => {
  const err = await simulateCommand()
    .parseAsync(['--url', `localhost:8080/${SECRET}`], { from: 'user' })
    .catch((err: unknown) => err)
  t.match(err, { code: 'MCS_SIMULATE', message: /^--url must be / })
  t.notMatch(String(err), SECRET)
})

t.test('refused notifications are counted by status, and the others are still posted', async t => {
  let received = 0
  const url = await receiver(t, (_request, response) => {
    response.writeHead(++received % 4 === 0 ? 503 : 200).end()
  })
  const { code, stdout } = await runCommand(['simulate', '--url', url, '--rate', '1000', '--count', '40'], {})
  t.equal(code, 1)
  t.equal(received, 40)
  t.match(stdout, /posted +40 of 40.*\naccepted +30\nrefused +10 \(503\)\n/)
})

t.test('a share above 1 is refused', async t => {
  const command = simulateCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  await t.rejects(command.parseAsync(['--url', 'http://localhost/', '--drop', '2'], { from: 'user' }), {
    message: /from 0 to 1/
  })
})
