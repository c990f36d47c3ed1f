import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import t, { type Test } from 'tap'
import { readAccountsFile } from '../../../src/accounts/accounts-file.js'
import { simulateApiCommand } from '../../../src/simulator/cli/simulate-api.js'
import { eventually } from '../../support/eventually.js'
import { listenOnLoopback } from '../../support/http-server.js'
import { runCommand, spawnMain } from '../../support/service.js'
import { tempDir } from '../../support/temp-dir.js'

/** Runs the command in a process of its own and waits until it has printed its address. */
async function simulatedApi(t: Test, ...args: string[]) {
  const child = spawnMain(['simulate-api', '--port', '0', ...args], {})
  t.teardown(() => {
    child.kill('SIGKILL')
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      output += chunk
    })
  const gone = once(child, 'close')
  await eventually('the command has started', () => /^seed/m.test(output))
  const url = /^truth +(\S+)\/truth$/m.exec(output)?.[1] ?? ''
  const account: Record<string, unknown> = JSON.parse(/^account +(\{.*\})$/m.exec(output)?.[1] ?? '{}')
  return {
    url,
    account,
    output: () => output,
    end: async () => {
      child.kill('SIGINT')
      await gone
      return child.exitCode
    }
  }
}

t.test('the command serves the API until Ctrl-C, and prints its account in the format of an accounts file', async t => {
  const { url, account, end } = await simulatedApi(t, '--family', 'contact-center', '--seed', '4')
  t.match(account, { baseUrl: `${url}/v4`, kind: 'contact-center' })
  const file = path.join(tempDir(t), 'accounts.json')
  writeFileSync(file, JSON.stringify([{ ...account, tokens: ['t'.repeat(43)] }]))
  t.match(readAccountsFile(file, null), [account])
  t.strictSame(await (await fetch(`${url}/v4/api/ping`)).json(), { data: '3', isSuccess: true })
  t.match(await (await fetch(`${url}/truth`)).json(), { calls: [], webhooks: null })
  t.equal(await end(), 0)
})

t.test('the command posts webhooks without printing the address, and runs faster with --speed', async t => {
  let received = 0
  const server = createServer((request, response) => {
    received++
    request.resume().on('end', () => response.writeHead(200).end())
  })
  const webhookServer = await listenOnLoopback(t, server)
  const { url, output, end } = await simulatedApi(
    t,
    '--url',
    `${webhookServer}/secret`,
    '--speed',
    '5000',
    '--calls',
    '20',
    '--hours',
    '1'
  ) // a TCP server's address is an object
  await eventually(
    'all calls have ended',
    async () =>
      ((await (await fetch(`${url}/truth`)).json()) as { calls: { state: string }[] }).calls.filter(
        call => call.state === 'ended'
      ).length === 20
  )
  t.equal(await end(), 0)
  t.match(output(), new RegExp(`^webhooks +${received} posted, ${received} accepted, 0 dropped$`, 'm'))
  t.notMatch(output(), 'secret')
})

t.test('invalid options are refused', async t => {
  const err = await simulateApiCommand()
    .parseAsync(['--port', '0', '--url', 'localhost:8080/secret'], { from: 'user' })
    .catch((err: unknown) => err)
  t.match(err, { code: 'MCS_SIMULATE' })
  t.notMatch(String(err), 'secret')
  t.match(await runCommand(['simulate-api', '--port', '65536'], {}), { code: 1, stderr: /from 0 to 65535/ })
  t.match(await runCommand(['simulate-api', '--speed', '0'], {}), { code: 1, stderr: /above 0/ })
})
