import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import Ajv from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import t from 'tap'
import { generatedDocs } from '../scripts/docs/generated.js'
import { loadConfig } from '../src/config/config.js'
import { VARIABLE_NAMES } from '../src/config/variables.js'
import { PROJECT_ROOT } from '../src/lib/package-root.js'
import { parseNotification } from '../src/mightycall/webhook/notification.js'

const inProject = (name: string) => path.join(PROJECT_ROOT, name)

t.test('the generated documents in the repository are up to date', async t => {
  const docs = await generatedDocs()
  for (const [name, text] of docs) {
    const current = existsSync(inProject(name)) ? readFileSync(inProject(name), 'utf8') : null
    t.ok(
      current === text,
      current === text ? `${name} is up to date` : `${name} is stale: run "npm run docs" and commit it`
    )
  }
  const extra = readdirSync(inProject('docs/schemas')).filter(name => !docs.has(`docs/schemas/${name}`))
  t.strictSame(extra, [], 'no schemas of removed events: run "npm run docs"')
})

t.test('the generation of documents is deterministic', async t => {
  t.strictSame([...(await generatedDocs())], [...(await generatedDocs())])
})

t.test('events match their published schemas', async t => {
  const account = { id: 'default', apiKey: null, region: 'US' } as const
  const ajv = formats.default(new Ajv.default({ strict: false }))
  for (const body of [
    '{"EventType":"IncomingCall","Body":{"Id":"a","From":"+15559371200"},"Timestamp":"2017-05-25T08:58:10.5140000Z"}',
    'not JSON'
  ]) {
    const event = parseNotification(account, Buffer.from(body), new Date(0))
    // a generated schema
    const schema = JSON.parse(readFileSync(inProject(`docs/schemas/${event?.type}.json`), 'utf8')) as object
    t.equal(ajv.validate(schema, event), true, `${event?.type}: ${ajv.errorsText()}`)
  }
})

t.test('.env.example contains every variable with its default', async t => {
  const lines = readFileSync(inProject('.env.example'), 'utf8').split('\n')
  const assignments = lines.flatMap(line => /^# ([A-Z_]+)=(.*)$/.exec(line)?.slice(1) ?? [])
  const names = assignments.filter((_, i) => i % 2 === 0)
  t.strictSame(names, VARIABLE_NAMES)
  const environment = Object.fromEntries(names.map((name, i) => [name, assignments[i * 2 + 1]]))
  t.strictSame(loadConfig(environment), loadConfig({}))
})

t.test('every link in the documents has a target', async t => {
  const pages = [
    'README.md',
    'SECURITY.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...readdirSync(inProject('docs'))
      .filter(name => name.endsWith('.md'))
      .map(name => `docs/${name}`)
  ]
  for (const page of pages) {
    for (const [, target = ''] of readFileSync(inProject(page), 'utf8').matchAll(
      /(?:\]\(|src=")(?!https?:|#)([^)"#]+)/g
    )) {
      t.ok(existsSync(path.join(PROJECT_ROOT, path.dirname(page), target)), `${page} → ${target}`)
    }
  }
})
