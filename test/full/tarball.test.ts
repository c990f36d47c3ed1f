import { execFile, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { freePorts } from '../support/free-ports.js'
import { copyProject } from '../support/npm-script.js'
import { startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'
import { withoutHooks } from '../support/without-hooks.js'

const CONSUMER = `
import { createApiClient, followLive, type LiveEvent } from 'mightycall-stream/client'

const [, , baseUrl = '', key = ''] = process.argv
const print = (line: object) => console.log(JSON.stringify(line))
const { data, error } = await createApiClient({ baseUrl, key }).GET('/v1/calls', { params: { query: { limit: 1 } } })
const ids: string[] | undefined = data?.data.map(call => call.id)
print({ ids, code: error?.code })
const onEvent = (event: LiveEvent) =>
  print(event.type === 'changed' && event.kind === 'call' ? { type: 'call', id: event.object.id } : event)
followLive({ baseUrl, key, kinds: ['call'], onEvent, onState: state => print({ state }) })
`
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [path.join(PROJECT_ROOT, 'node_modules/@types')]
  },
  files: ['consumer.ts']
}
const [NOTIFICATION] = DOCUMENTED_NOTIFICATIONS

t.test(
  'the package runs in an empty folder, and a TypeScript consumer follows its live stream across a restart',
  async t => {
    const { tarball, contents } = await pack(t)
    t.notOk(
      contents.find(name => /(^|\/)(test|scripts)\//.test(name) || name.endsWith('.tsbuildinfo')),
      'it contains no tests'
    )
    for (const name of [
      'dist/src/main.js',
      'dist/src/client/client.d.ts',
      'dist/src/client/schema.d.ts',
      'dist/src/bundled-licenses.txt',
      'LICENSE'
    ])
      t.ok(contents.includes(name), `it contains ${name}`)

    const folder = tempDir(t)
    chmodSync(folder, 0o711) // the user of Postgres runs the installed binaries
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }')
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball], folder)
    const help = await run(path.join(folder, 'node_modules/.bin/mightycall-stream'), ['--help'], folder)
    t.match(help, /^Usage: mightycall-stream /)
    t.match(help, /^ {2}start /m)

    writeFileSync(path.join(folder, 'consumer.ts'), CONSUMER)
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
    await run(process.execPath, [path.join(PROJECT_ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'], folder)

    const main = path.join(folder, 'node_modules/mightycall-stream/dist/src/main.js')
    const [port] = await freePorts(1)
    const env = { DATA_DIR: tempDir(t), PORT: String(port) }
    const service = await startServiceProcess(t, env, main)
    const post = (to: typeof service, id: string) =>
      to.post({ ...NOTIFICATION, Body: { ...NOTIFICATION?.Body, Id: id } })
    const lines = runConsumer(t, folder, [service.url, service.adminKey])
    await eventually(
      'the consumer receives a reset when it is connected',
      () => lines.includes('{"type":"reset"}'),
      30_000
    )
    t.equal(await post(service, 'before'), 200)
    await eventually('the consumer receives a call', () => lines.includes('{"type":"call","id":"before"}'), 30_000)

    await service.end('SIGKILL')
    await eventually('the consumer notices the outage', () => lines.at(-1) === '{"state":"connecting"}', 30_000)
    const restarted = await startServiceProcess(t, env, main)
    t.equal(restarted.url, service.url)
    t.equal(await post(restarted, 'after'), 200)
    await eventually(
      'the consumer receives a call after the restart',
      () => lines.includes('{"type":"call","id":"after"}'),
      60_000
    )
    t.equal(lines[0], '{"ids":[]}', 'the list of calls was empty, and typed')
    t.equal(lines.filter(line => line === '{"type":"reset"}').length, 1, 'the stream continued after the last event')
  }
)

/** Packs a copy without dist, so that `prepack` has to build it. */
async function pack(t: Test): Promise<{ tarball: string; contents: string[] }> {
  const directory = tempDir(t)
  copyProject(directory)
  const destination = path.join(directory, 'packed')
  mkdirSync(destination)
  await run('npm', ['pack', '--pack-destination', destination], directory)
  const [name = ''] = readdirSync(destination)
  const tarball = path.join(destination, name)
  const listed = await run('tar', ['-tzf', tarball], directory)
  const contents = listed
    .trim()
    .split('\n')
    .map(entry => entry.replace(/^package\//, ''))
  return { tarball, contents }
}

async function run(command: string, args: readonly string[], directory: string): Promise<string> {
  const { stdout } = await promisify(execFile)(...withoutHooks(command, args), { cwd: directory })
  return stdout
}

/** Runs the compiled consumer until the test ends. The returned array grows with the lines that it prints. */
function runConsumer(t: Test, directory: string, args: readonly string[]): string[] {
  const child = spawn(...withoutHooks(process.execPath, ['consumer.js', ...args]), {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => {
    child.kill('SIGKILL')
  })
  const lines: string[] = []
  createInterface(child.stdout).on('line', line => lines.push(line))
  return lines
}
