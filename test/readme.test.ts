import { readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { VARIABLE_NAMES } from '../src/config-schema.js'
import { PROJECT_ROOT } from '../src/project-root.js'
import { eventually } from './support/eventually.js'
import { masked, type ReadmeStep, readmeSteps, runInShell } from './support/readme.js'
import { startByScript } from './support/started-service.js'

const readme = readFileSync(path.join(PROJECT_ROOT, 'README.md'), 'utf8')
const steps = readmeSteps(readme)

t.test('every command of the README answers as it says', async t => {
  t.equal(steps.length, 4)
  const { port, dataDir } = await startByScript(t)
  const here = (command: string) => command
    .replaceAll('localhost:8080', `127.0.0.1:${port}`)
    .replaceAll('.data/', `${dataDir}/`)
    .replace(/ \| jq$/m, '') // it makes JSON readable, no more
  const sourced: string[] = [] // a reader types on in the same shell
  for (const { command, answer, kind } of steps) {
    const script = here([...sourced, command].join('\n'))
    await t.test(command.split('\n').at(kind === 'text' ? 0 : -1) ?? '', async t => checkAnswer(t, script, { command, answer, kind }, dataDir))
    sourced.push(...command.split('\n').filter(line => line.startsWith('. ')))
  }
})

/** The rows come a moment after the 200, as they do for a reader: asked again until they are there. */
async function checkAnswer (t: Test, script: string, { answer, kind }: ReadmeStep, dataDir: string): Promise<void> {
  let said = ''
  const right = () => kind === 'json' ? masked(said) === masked(answer) : said.startsWith(answer)
  await eventually('the answer of the README', async () => {
    said = await runInShell(script, { DATA_DIR: dataDir })
    return right()
  }).catch(() => {})
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
