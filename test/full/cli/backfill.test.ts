import { once } from 'node:events'
import t from 'tap'
import { amountOf, createTimeLeft, waitingOf } from '../../../src/cli/backfill-progress.js'
import { eventually } from '../../support/eventually.js'
import { startInstalledCompany } from '../../support/installed-company.js'
import { runCommand, spawnMain } from '../../support/service.js'
import { tempDir } from '../../support/temp-dir.js'

t.test('a backfill continues after its command ends, can be followed again, and can be stopped', async t => {
  const { environment, since, start } = await startInstalledCompany(t)
  const { url } = await start({ MIGHTYCALL_DAILY_BUDGET: '22' }) // the poller uses most of it
  const backfill = (...args: string[]) => ['backfill', '--url', url, ...args]
  const first = spawnMain(backfill('--since', since), environment)
  let [stdout, stderr] = ['', '']
  first.stdout.on('data', chunk => {
    stdout += chunk
  })
  first.stderr.on('data', chunk => {
    stderr += chunk
  })
  await eventually(
    'it reports that it waits for the quota',
    () => /waiting for quota until \d\d:\d\d/.test(stderr),
    30_000
  )
  first.kill('SIGINT')
  t.strictSame(await once(first, 'close'), [130, null])
  t.match(
    stdout,
    /^begun: acme, .*\nit continues in the service: .* stop it with "mightycall-stream backfill --stop"\n$/
  )

  const second = spawnMain(backfill('--since', since), environment)
  const ended = once(second, 'close')
  let joined = ''
  second.stdout.on('data', chunk => {
    joined += chunk
  })
  await eventually('it follows the running backfill', () => joined.startsWith('running already: acme'))
  t.match(await runCommand(backfill('--since', '2026-01-01', '--until', '2026-01-02'), environment), {
    code: 1,
    stderr: /another interval .*\[MCS_BACKFILL_RUNNING\]/
  })
  t.match(await runCommand(backfill('--stop'), environment), {
    code: 0,
    stdout: /^stopped: acme, \d of 4 days, \d+ rows, \d+ requests\n$/
  })
  t.strictSame(await ended, [1, null])
  t.match(joined, /\nstopped: .*; the same command continues there\n$/)
  t.match(await runCommand(backfill('--stop'), environment), { code: 0, stdout: 'no backfill is running\n' })
  t.match(await runCommand(backfill(), environment), {
    code: 1,
    stderr: /no backfill is running: start one with --since \[MCS_SERVICE\]/
  })
  t.match(await runCommand(backfill('--since', 'yesterday'), environment), {
    code: 1,
    stderr: /since must be an instant/
  })
  t.match(await runCommand(backfill('--stop'), { ...environment, ADMIN_KEY: 'x'.repeat(40) }), {
    code: 1,
    stderr: /does not accept this key/
  })
})

t.test('errors that an operator can fix are printed as one line', async t => {
  const environment = { DATA_DIR: tempDir(t), ADMIN_KEY: 'x'.repeat(40), PORT: '9' }
  for (const [args, changes, line] of [
    [
      ['--since', '2026-01-01'],
      {},
      /no service answers at http:\/\/127.0.0.1:9: start it, or set its address with --url/
    ],
    [['--since', '2026-01-01'], { ADMIN_KEY: '' }, /set ADMIN_KEY, or set DATA_DIR to that of the service/],
    [['--since', '2026-01-01', '--url', 'localhost:8080'], {}, /--url must be/],
    [['--until', '2026-01-01'], {}, /--until needs --since/],
    [['--stop', '--since', '2026-01-01'], {}, /--stop cannot be used with --since/]
  ] as const) {
    const { code, stdout, stderr } = await runCommand(['backfill', ...args], { ...environment, ...changes })
    t.match({ code, stdout, stderr }, { code: 1, stdout: '', stderr: line })
    t.notMatch(stderr, /\n {4}at /, 'no stack')
  }
})

t.test('the progress shows what was read, what it waits for, and the remaining time', async t => {
  const routes = (['calls', 'voicemails', 'journal'] as const).map(route => ({
    route,
    readFrom: '2026-01-20T00:00:00.000Z',
    rows: 100,
    requests: 12
  }))
  const january = { since: '2026-01-01T00:00:00.000Z', until: '2026-02-01T00:00:00.000Z', routes }
  t.equal(amountOf({ ...january, done: 12 / 31 }), '12 of 31 days, 300 rows, 36 requests')
  t.equal(amountOf({ ...january, done: 1 }), '31 days, 300 rows, 36 requests')
  const until = new Date(2026, 0, 31, 9, 5).toISOString()
  t.equal(waitingOf({ waiting: { code: 'MCS_QUOTA', until } }), 'waiting for quota until 09:05')
  t.equal(waitingOf({ waiting: { code: 'MCS_REST_BLOCKED', until } }), 'MightyCall accepts no requests until 09:05')
  t.equal(waitingOf({ waiting: { code: 'MCS_NOT_PROJECTED', until: null } }), 'waiting for the projector')
  t.equal(waitingOf({ waiting: { code: 'MCS_LOG_FAILED', until } }), 'waiting (MCS_LOG_FAILED), retrying at 09:05')
  t.equal(waitingOf({ waiting: null }), null)
  const left = createTimeLeft()
  t.strictSame(
    [
      [0.5, 0],
      [0.6, 10],
      [0.6, 20],
      [0.9, 40],
      [0.99, 41]
    ].map(([done = 0, minute = 0]) => left(done, new Date(minute * 60_000))),
    ['reading', '40 min left', '80 min left', '10 min left', 'less than a minute left']
  )
})
