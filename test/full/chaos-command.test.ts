import { spawnSync } from 'node:child_process'
import path from 'node:path'
import t from 'tap'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

const chaos = (...args: string[]) =>
  spawnSync(process.execPath, [path.join(PROJECT_ROOT, 'dist/test/chaos/main.js'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' }
  })

t.test('prints help, and rejects unknown options', async t => {
  t.match(chaos('--help').stdout, /Examples:\n {2}\$ npm run chaos\n/)
  for (const args of [
    ['--runs', 'many'],
    ['--scenario', 'flood'],
    ['--rig', 'none'],
    ['--rig', 'early-ack', '--scenario', 'frozen']
  ]) {
    const { status, stderr } = chaos(...args)
    t.equal(status, 1, args.join(' '))
    t.match(stderr, /^error: /)
  }
})
