import { readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { VARIABLE_NAMES } from '../../src/config/variables.js'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { eventually } from '../support/eventually.js'
import { startWithNpmScript } from '../support/npm-start.js'
import { filesHolding, masked, type ReadmeStep, readmeSteps, runInShell } from '../support/readme.js'

const readme = readFileSync(path.join(PROJECT_ROOT, 'README.md'), 'utf8')
const steps = readmeSteps(readme)
const TIMEOUT_MS = 20_000 // each attempt starts a process, perhaps on a busy machine

t.test('every command of the README prints the documented output', async t => {
  t.equal(steps.length, 4)
  const { port, dataDir } = await startWithNpmScript(t)
  const env = { DATA_DIR: dataDir }
  const adapt = (command: string) =>
    command
      .replaceAll('localhost:8080', `127.0.0.1:${port}`)
      .replaceAll('.data/', `${dataDir}/`)
      .replace(/ \| jq$/m, '') // it only formats the JSON
  const sourced: string[] = [] // a reader runs all commands in the same shell
  for (const { command, answer, kind } of steps) {
    const script = adapt([...sourced, command].join('\n'))
    await t.test(command.split('\n').at(kind === 'text' ? 0 : -1) ?? '', async t =>
      checkAnswer(t, () => runInShell(script, env), { answer, kind })
    )
    sourced.push(...command.split('\n').filter(line => line.startsWith('. ')))
  }

  await t.test('a notification that is posted twice is the same event and one call', async t => {
    const [post, read, tail] = steps.map(({ command }) => adapt([...sourced, command].join('\n')))
    await runInShell(post ?? '', env)
    const twice = await runInShell((tail ?? '').replace('--count 1', '--count 2'), env)
    const ids = twice
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { headers: { ce_id: string } }).headers.ce_id) // the output of tail
    t.equal(ids.length, 2)
    t.equal(ids[0], ids[1])
    const projected =
      `curl -s -H "Authorization: Bearer $ADMIN_KEY" http://127.0.0.1:${port}/metrics | ` +
      "grep '^mcs_projected_records_total'"
    await eventually(
      'the second record is projected',
      async () => (await runInShell([...sourced.map(adapt), projected].join('\n'), env)).trim().endsWith(' 2'),
      TIMEOUT_MS
    )
    t.equal(masked(await runInShell(read ?? '', env)), masked(steps[1]?.answer ?? ''))
  })

  t.notOk(filesHolding(dataDir, '8a77c828-31c2-492a-b0c1-224cd94e9c3b').length, 'no file contains the ApiKey')
  t.ok(
    filesHolding(dataDir, '7df52a62-9db2-48cd-9ae4-7dec8203d822').length,
    'the search finds the call id, which the files contain'
  )
})

/** Repeats the command until its output is right, because rows appear shortly after the response to a webhook. */
async function checkAnswer(
  t: Test,
  run: () => Promise<string>,
  { answer, kind }: Omit<ReadmeStep, 'command'>
): Promise<void> {
  let output = ''
  const isExpected = () => (kind === 'json' ? masked(output) === masked(answer) : output.startsWith(answer))
  await eventually(
    'the output of the README appears',
    async () => {
      output = await run()
      return isExpected()
    },
    TIMEOUT_MS
  ).catch(() => {})
  if (kind === 'json') t.equal(masked(output), masked(answer))
  else t.ok(isExpected(), `begins with ${answer.split('\n')[0]}`, { found: output })
}

t.test('every variable that the README sets exists', async t => {
  const compose = readFileSync(path.join(PROJECT_ROOT, 'docker-compose.yml'), 'utf8')
  const known = new Set<string>([...VARIABLE_NAMES, 'POSTGRES_PASSWORD'])
  for (const [, name = ''] of readme.matchAll(/(?:^|\s)([A-Z_]+)=/gm)) t.ok(known.has(name), name)
  const required = new Set([...compose.matchAll(/\$\{([A-Z_]+):\?/g)].map(found => found[1] ?? ''))
  const written = /cat > \.env <<END\n([\s\S]*?)END/.exec(readme)?.[1] ?? ''
  t.strictSame(
    new Set(written.match(/^[A-Z_]+/gm)),
    required,
    'the .env of the README has the variables that docker-compose.yml requires'
  )
})
