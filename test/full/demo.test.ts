import { once } from 'node:events'
import t, { type Test } from 'tap'
import { eventually } from '../support/eventually.js'
import { freePorts } from '../support/free-ports.js'
import { spawnMain } from '../support/service.js'

const TIMEOUT_MS = 60_000

/** Starts the demo; it is interrupted when the test ends, and has to end in order. */
async function startDemo(t: Test, options: readonly string[]) {
  const [port = 0] = await freePorts(1)
  const child = spawnMain(['demo', '--port', String(port), '--seed', '5', ...options], {})
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  const ended = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGINT')
    await ended
    if (child.exitCode !== 0) throw new Error(`the demo ended with ${child.exitCode}: ${output}`)
  })
  const line = async (pattern: RegExp) => {
    await eventually(String(pattern), () => pattern.test(output) || child.exitCode !== null, TIMEOUT_MS)
    return pattern.exec(output)?.slice(1) ?? []
  }
  return { line, url: `http://127.0.0.1:${port}` }
}

t.test('the demo begins with a history, and finds and heals its gaps', { timeout: 120_000 }, async t => {
  const { line, url } = await startDemo(t, ['--history', '3', '--calls', '30', '--hours', '1', '--speed', '60'])
  await line(/^projecting \d+ events of 3 days …$/m)
  const [calls = '', answered = ''] = await line(/^ {2}history +(\d+) calls in 3 days, (\d+) % of the inbound ones/m)
  t.ok(Number(calls) >= 150, `${calls} calls`)
  t.ok(Number(answered) > 75, `${answered} % of them were answered`)
  for (const route of ['/v1/agents', '/v1/stats/now', '/v1/stats/calls', '/v1/completeness', '/v1/live', '/docs'])
    t.ok((await line(new RegExp(`(${url}${route})`))).length > 0, `it prints the address of ${route}`)
  const [found, healed] = await line(/gaps ([1-9]\d*) found, ([1-9]\d*) healed, 0 open/)
  t.equal(healed, found)
  const [key = ''] = await line(/^ {2}key +([0-9a-f]{64})$/m)
  const response = await fetch(`${url}/v1/calls?limit=1`, { headers: { authorization: `Bearer ${key}` } })
  t.equal(response.status, 200)
})

t.test('--history 0 starts with an empty database', { timeout: 120_000 }, async t => {
  const { line, url } = await startDemo(t, ['--history', '0', '--calls', '1', '--hours', '1000'])
  const [key = ''] = await line(/^ {2}key +([0-9a-f]{64})$/m)
  const response = await fetch(`${url}/v1/calls`, { headers: { authorization: `Bearer ${key}` } })
  t.match(await response.json(), { data: [] })
})
