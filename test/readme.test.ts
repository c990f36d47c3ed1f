import { readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { VARIABLE_NAMES } from '../src/config/variables.js'
import { PROJECT_ROOT } from '../src/lib/package-root.js'
import { eventually } from './support/eventually.js'
import { startWithNpmScript } from './support/npm-start.js'
import { filesHolding, masked, type ReadmeStep, readmeSteps, runInShell } from './support/readme.js'

const readme = readFileSync(path.join(PROJECT_ROOT, 'README.md'), 'utf8')
const steps = readmeSteps(readme)
const PATIENCE_MS = 20_000 // each try starts a process, on a machine that has other work

t.test('every command of the README answers as it says', async t => {
  t.equal(steps.length, 4)
  const { port, dataDir } = await startWithNpmScript(t)
  const env = { DATA_DIR: dataDir }
  const here = (command: string) =>
    command
      .replaceAll('localhost:8080', `127.0.0.1:${port}`)
      .replaceAll('.data/', `${dataDir}/`)
      .replace(/ \| jq$/m, '') // it makes JSON readable, no more
  const sourced: string[] = [] // a reader types on in the same shell
  for (const { command, answer, kind } of steps) {
    const script = here([...sourced, command].join('\n'))
    await t.test(command.split('\n').at(kind === 'text' ? 0 : -1) ?? '', async t =>
      checkAnswer(t, () => runInShell(script, env), { answer, kind })
    )
    sourced.push(...command.split('\n').filter(line => line.startsWith('. ')))
  }

  await t.test('posted again it is the same event, and still one call', async t => {
    const [post, read, tail] = steps.map(({ command }) => here([...sourced, command].join('\n')))
    await runInShell(post ?? '', env)
    const twice = await runInShell((tail ?? '').replace('--count 1', '--count 2'), env)
    const ids = twice
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { headers: { ce_id: string } }).headers.ce_id) // what tail prints
    t.equal(ids.length, 2)
    t.equal(ids[0], ids[1])
    const projected = `curl -s -H "Authorization: Bearer $ADMIN_KEY" http://127.0.0.1:${port}/metrics | grep '^mcs_projected_records_total'`
    await eventually(
      'the second record is projected',
      async () => (await runInShell([...sourced.map(here), projected].join('\n'), env)).trim().endsWith(' 2'),
      PATIENCE_MS
    )
    t.equal(masked(await runInShell(read ?? '', env)), masked(steps[1]?.answer ?? ''))
  })

  t.notOk(filesHolding(dataDir, '8a77c828-31c2-492a-b0c1-224cd94e9c3b').length, 'the ApiKey is nowhere')
  t.ok(filesHolding(dataDir, '7df52a62-9db2-48cd-9ae4-7dec8203d822').length, 'though one would see it there')
})

/** The rows come a moment after the 200, as they do for a reader: asked again until they are there. */
async function checkAnswer(
  t: Test,
  ask: () => Promise<string>,
  { answer, kind }: Omit<ReadmeStep, 'command'>
): Promise<void> {
  let said = ''
  const right = () => (kind === 'json' ? masked(said) === masked(answer) : said.startsWith(answer))
  await eventually(
    'the answer of the README',
    async () => {
      said = await ask()
      return right()
    },
    PATIENCE_MS
  ).catch(() => {})
  if (kind === 'json') t.equal(masked(said), masked(answer))
  else t.ok(right(), `begins with ${answer.split('\n')[0]}`, { found: said })
}

t.test('every variable that the README sets exists', async t => {
  const compose = readFileSync(path.join(PROJECT_ROOT, 'docker-compose.yml'), 'utf8')
  const known = new Set<string>([...VARIABLE_NAMES, 'POSTGRES_PASSWORD'])
  for (const [, name = ''] of readme.matchAll(/(?:^|\s)([A-Z_]+)=/gm)) t.ok(known.has(name), name)
  const required = new Set([...compose.matchAll(/\$\{([A-Z_]+):\?/g)].map(found => found[1] ?? ''))
  const written = /cat > \.env <<END\n([\s\S]*?)END/.exec(readme)?.[1] ?? ''
  t.strictSame(new Set(written.match(/^[A-Z_]+/gm)), required, 'its .env has what docker-compose.yml asks for')
})
