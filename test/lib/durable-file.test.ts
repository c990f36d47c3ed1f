import fs, { mkdirSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import path from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/config.js'
import { createDataDir } from '../../src/config/data-dir.js'
import { loadSecrets } from '../../src/config/secrets.js'
import { openLocalLog } from '../../src/event-log/local/local-log.js'
import { createDirectoryDurably, writeDurably } from '../../src/lib/durable-file.js'
import { tempDir } from '../support/temp-dir.js'

t.test('a file is replaced as a whole, with its mode, and leaves no other', async t => {
  const directory = tempDir(t)
  const file = path.join(directory, 'secret')
  writeFileSync(`${file}.new`, 'of a write that was interrupted by a power failure', { mode: 0o600 })
  for (const text of ['first', 'second, which is longer']) {
    writeDurably(file, text, { mode: 0o600 })
    t.equal(readFileSync(file, 'utf8'), text)
    t.equal(statSync(file).mode & 0o777, 0o600)
    t.strictSame(readdirSync(directory), ['secret'])
  }
})

const skip = process.platform !== 'linux' && 'needs /proc'

t.test('a file is synced before it gets its name, and its directory afterwards', { skip }, async t => {
  const directory = realpathSync(tempDir(t))
  const file = path.join(directory, 'secret')
  const steps = recordSteps(t)
  writeDurably(file, 'text', { mode: 0o600 })
  t.strictSame(steps, [`sync ${file}.new`, `rename ${file}`, `sync ${directory}`])
})

t.test('the parent of each new directory is synced, and of no other', { skip }, async t => {
  const directory = realpathSync(tempDir(t))
  mkdirSync(path.join(directory, 'a'))
  const steps = recordSteps(t)
  createDirectoryDurably(path.join(directory, 'a/b/c'), { mode: 0o700 })
  t.strictSame(steps, [`sync ${directory}/a`, `sync ${directory}/a/b`])
  createDirectoryDurably(path.join(directory, 'a/b/c'), { mode: 0o700 })
  t.equal(steps.length, 2, 'it exists already')
})

t.test('a new data directory, its secrets and its event log survive a power failure', { skip }, async t => {
  const directory = realpathSync(tempDir(t))
  const DATA_DIR = path.join(directory, 'data')
  const steps = recordSteps(t)
  createDataDir(DATA_DIR)
  loadSecrets(loadConfig({ DATA_DIR }))
  const log = await openLocalLog({ dir: path.join(DATA_DIR, 'log') })
  await log.close()
  t.match(steps, [
    `sync ${directory}`,
    `sync ${DATA_DIR}/secrets.env.new`,
    `rename ${DATA_DIR}/secrets.env`,
    `sync ${DATA_DIR}`,
    `sync ${DATA_DIR}`
  ])
})

/** Records what is synced and renamed by the synchronous functions of node:fs. */
function recordSteps(t: Test): string[] {
  const steps: string[] = []
  const { fsyncSync, renameSync } = fs
  fs.fsyncSync = handle => {
    steps.push(`sync ${readlinkSync(`/proc/self/fd/${handle}`)}`)
    fsyncSync(handle)
  }
  fs.renameSync = (from, to) => {
    steps.push(`rename ${to}`)
    renameSync(from, to)
  }
  syncBuiltinESMExports()
  t.teardown(() => {
    Object.assign(fs, { fsyncSync, renameSync })
    syncBuiltinESMExports()
  })
  return steps
}
