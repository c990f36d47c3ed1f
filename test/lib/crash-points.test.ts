import t from 'tap'
import { armCrashPoint, passCrashPoint } from '../../src/lib/crash-points.js'
import { runCommand } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

t.test('only the armed crash point kills the process, at its n-th pass', async t => {
  const killed: string[] = []
  t.intercept(process, 'kill', {
    value: (_pid: number, signal: string) => {
      killed.push(signal)
    }
  })
  const passed = () => {
    passCrashPoint('after-append-before-ack')
    return killed.length
  }
  t.equal(passed(), 0, 'none is armed')
  armCrashPoint('')
  t.equal(passed(), 0)
  armCrashPoint('after-append-before-ack:2')
  passCrashPoint('after-rows-before-checkpoint')
  t.equal(passed(), 0)
  t.equal(passed(), 1)
  t.strictSame(killed, ['SIGKILL'])
})

t.test('an unknown crash point is refused', async t => {
  t.match(await runCommand(['start'], { DATA_DIR: tempDir(t), MCS_CRASH_AT: 'before-all' }), {
    code: 1,
    stderr: /there is no crash point before-all/
  })
})
