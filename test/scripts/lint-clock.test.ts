import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { tempDir } from '../support/temp-dir.js'

t.test('reading the time outside of the clock module is an error, and so is a random test without a seed', async t => {
  const dir = tempDir(t)
  for (const name of ['src', 'test', 'drizzle']) mkdirSync(path.join(dir, name))
  const sources = {
    'src/clean.ts': 'export const at = (now: () => Date) => [new Date(0), now(), performance.now()] // new Date()',
    'src/dates.ts': 'export const at = [\n  new Date(),\n  new Date,\n  Date(),\n  Date.now\n]',
    'src/sql.ts': "export const sql = ['select now()', ` current_timestamp`, 'Clock_Timestamp( )']",
    'test/random.ts': 'export const some = [Math.random(), { numRuns: 1 }, { seed: 1, numRuns: 1 }]',
    'drizzle/0000.sql': 'create table a (at timestamptz default now());'
  }
  for (const [name, text] of Object.entries(sources)) writeFileSync(path.join(dir, name), text)
  const script = path.join(PROJECT_ROOT, 'scripts/lint-clock.mjs')
  const { status, stderr } = spawnSync(process.execPath, [script], { cwd: dir, encoding: 'utf8' })
  t.equal(status, 1)
  t.strictSame(
    stderr.split('\n').flatMap(line => /^(\S+:\d+: .*): take the clock/.exec(line)?.[1] ?? []),
    [
      'src/dates.ts:2: new Date()',
      'src/dates.ts:3: new Date()',
      'src/dates.ts:4: Date()',
      'src/dates.ts:5: Date.now',
      'src/sql.ts:1: now()',
      'src/sql.ts:1: current_timestamp',
      'src/sql.ts:1: clock_timestamp( )',
      'drizzle/0000.sql:1: now()',
      'test/random.ts:1: Math.random',
      'test/random.ts:1: numRuns without a seed'
    ]
  )
  t.match(stderr, 'src/lib/clock.ts: new Date() does not occur there any more: remove the exception')
})
