import path from 'node:path'
import t from 'tap'
import { acquireOwnerLock, isOwned } from '../../src/lib/directory-lock.js'
import { startChild } from '../support/child.js'
import { tempDir } from '../support/temp-dir.js'

t.test('exactly one of several processes that start together acquires the lock', async t => {
  const dir = tempDir(t)
  t.strictSame(await race(t, dir), ['MCS_DATA_DIR', 'MCS_DATA_DIR', 'owned'])
})

t.test('exactly one process acquires the lock of an owner that was killed', async t => {
  const dir = tempDir(t)
  const owner = await startChild(t, 'lock-holder', dir)
  t.equal(owner.line, 'owned')
  t.equal(await isOwned(dir), true)
  await owner.kill()
  t.equal(await isOwned(dir), false, 'the socket is there, and nobody listens')
  t.strictSame(await race(t, dir), ['MCS_DATA_DIR', 'MCS_DATA_DIR', 'owned'])
})

t.test('two processes never hold the lock together while several acquire and release it in turn', async t => {
  const dir = tempDir(t)
  const children = await Promise.all([1, 2, 3, 4].map(() => startChild(t, 'contend-for-lock', dir, '100')))
  t.strictSame(
    children.map(child => child.line),
    ['exclusive', 'exclusive', 'exclusive', 'exclusive']
  )
})

t.test('a released lock can be acquired again', async t => {
  const dir = tempDir(t)
  const first = await acquireOwnerLock(dir)
  await t.rejects(acquireOwnerLock(dir), { code: 'MCS_DATA_DIR', message: /is in use by another running process/ })
  await first.release()
  const second = await acquireOwnerLock(dir)
  await second.release()
})

t.test('a directory whose path is too long for a socket can be locked', async t => {
  const dir = path.join(tempDir(t), 'long'.repeat(30))
  const lock = await acquireOwnerLock(dir)
  await t.rejects(acquireOwnerLock(dir), { code: 'MCS_DATA_DIR' })
  await lock.release()
  t.equal(await isOwned(dir), false)
})

t.test('an owner that agrees hands the lock over, and another one keeps it', async t => {
  const dir = tempDir(t)
  let requests = 0
  const first = await acquireOwnerLock(dir, {
    onReleaseRequest: () => {
      if (++requests === 2) void first.release()
    }
  })
  await t.rejects(acquireOwnerLock(dir), { code: 'MCS_DATA_DIR' }, 'it is not asked')
  t.equal(await isOwned(dir), true)
  t.equal(requests, 0)
  await t.rejects(acquireOwnerLock(dir, { takeOverMs: 1 }), { code: 'MCS_DATA_DIR' }, 'it takes too long')
  const second = await acquireOwnerLock(dir, { takeOverMs: 10_000 })
  await t.rejects(acquireOwnerLock(dir, { takeOverMs: 10_000 }), { code: 'MCS_DATA_DIR' }, 'it does not agree')
  await second.release()
})

/** Returns the sorted outcomes that three processes report. */
async function race(t: Parameters<typeof startChild>[0], dir: string): Promise<string[]> {
  const children = await Promise.all([1, 2, 3].map(() => startChild(t, 'lock-holder', dir)))
  return children.map(child => child.line).sort()
}
