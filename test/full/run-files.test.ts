import path from 'node:path'
import t from 'tap'
import { type RunOptions, runFiles } from '../../scripts/testing/run-files.js'
import { tempDir } from '../support/temp-dir.js'

const timesFile = path.join(tempDir(t), 'times.json') // not those of this run
const FOLDER = 'test/scripts/fixtures'

/** Runs files of the fixtures, and returns the counts and the printed lines, without times. */
async function run(names: readonly string[], options: Partial<RunOptions> = {}) {
  const printed: string[] = []
  const counts = await runFiles(
    names.map(name => `${FOLDER}/${name}.ts`),
    {
      env: process.env,
      signal: new AbortController().signal,
      jobs: 1,
      timeoutSeconds: 60,
      drainSeconds: 5,
      bail: false,
      isVerbose: false,
      timesFile,
      log: text => printed.push(...text.split('\n')),
      ...options
    }
  )
  return { counts, lines: printed.map(line => line.replaceAll(`${FOLDER}/`, '').replace(/ # time=\d+ms$/, '')) }
}

t.test('prints a line for each file, and counts assertions', async t => {
  const { counts, lines } = await run(['passes', 'shared-process'])
  t.strictSame(counts, { passed: 3, failed: 0, skipped: 1 })
  t.strictSame(
    lines.filter(line => !line.includes('# SKIP')),
    ['ok 1/2 - passes.ts', 'ok 2/2 - shared-process.ts']
  )
  t.equal(lines.length, 3, 'and one for the skipped test')
})

t.test('names each failure again at the end', async t => {
  const { counts, lines } = await run(['fails', 'passes'])
  t.strictSame(counts, { passed: 2, failed: 1, skipped: 1 })
  t.ok(lines.includes('not ok 1/2 - fails.ts'))
  t.ok(lines.includes('ok 2/2 - passes.ts'))
  t.equal(lines.at(-1), '# failed: fails.ts > adds > one and one')
})

t.test('with bail, nothing runs after a file that failed', async t => {
  const { lines } = await run(['fails', 'passes'], { bail: true })
  t.notOk(lines.some(line => line.includes('passes.ts')))
})

t.test('files share a process unless one asks for its own', async t => {
  const { lines } = await run(['shared-process', 'own-process', 'shared-process-2'], { isVerbose: true })
  const processes = (kind: string) =>
    lines.flatMap(line => new RegExp(`# Subtest: ${kind} process (\\d+)`).exec(line)?.[1] ?? [])
  const [first, second] = processes('shared')
  const [own] = processes('own')
  t.ok(first)
  t.equal(first, second)
  t.ok(own)
  t.not(first, own)
})

for (const [name, fault, options] of [
  ['crashes', /^# failed: crashes.ts: its process ended with code \d before it did$/],
  ['contains-no-test', /^# failed: contains-no-test.ts: it contains no test$/],
  ['waits', /^# failed: waits.ts/],
  ['is-slow', /^# failed: is-slow.ts > is slow > timeout!$/, { timeoutSeconds: 1 }],
  ['blocks', /^# failed: blocks.ts: took longer than 1 s$/, { timeoutSeconds: 1, drainSeconds: 1 }],
  ['leaves-timer', /^# failed: leaves-timer.ts: left open after 1 s: Timeout$/, { drainSeconds: 1 }],
  [
    'changes-environment',
    /changes-environment.ts: changed the state of the process: process.env.FIXTURE, process.on\('SIGTERM'\)$/
  ]
] as const)
  t.test(`a file that ${name.replaceAll('-', ' ')} fails by name, and the next one runs`, async t => {
    const { counts, lines } = await run([name, 'passes'], options)
    t.ok(counts.failed > 0)
    t.equal(counts.skipped, 1)
    t.ok(lines.includes(`not ok 1/2 - ${name}.ts`))
    t.ok(lines.includes('ok 2/2 - passes.ts'))
    t.ok(
      lines.some(line => fault.test(line)),
      'names the fault'
    )
  })

t.test('files that wait for a server run after the others, when it is ready', async t => {
  let isReady = () => {}
  const ready = new Promise<void>(resolve => {
    isReady = resolve
  })
  const files = new Set([`${FOLDER}/shared-process.ts`])
  const lines: string[] = []
  const log = (text: string) => {
    lines.push(text)
    if (lines.length === 1) isReady()
  }
  await run(['shared-process', 'passes'], { waiting: { files, ready }, log })
  t.match(lines, [/^ok 1\/2 - .*passes\.ts/m, /^ok 2\/2 - .*shared-process\.ts/m])
})

t.test('a server that does not start fails the run', async t => {
  const files = new Set([`${FOLDER}/passes.ts`])
  const ready = Promise.reject(new Error('no server'))
  await t.rejects(run(['passes'], { waiting: { files, ready } }), { message: 'no server' })
})
