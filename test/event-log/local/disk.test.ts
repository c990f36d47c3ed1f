import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { LogFailedError, NotStoredError } from '../../../src/errors.js'
import { createDisk, diskError } from './support/disk.js'
import { appendEach, damagedCopy, listOf, openLog, readAll, record, segmentsIn, tempDir } from './support/log.js'

t.test('a full disk rejects appends without storing anything, and accepts them when there is space again', async t => {
  const disk = createDisk()
  const dir = tempDir(t)
  let now = 0
  const log = await openLog(t, { dir, files: disk, now: () => now })
  await appendEach(log, ['a', 'b'])
  const size = readFileSync(path.join(dir, segmentsIn(dir)[0] ?? '')).length
  disk.freeBytes = 50 // the next group is written in part
  await t.rejects(log.append([record('c')]), new NotStoredError())
  await t.rejects(log.append([record('d')]), new NotStoredError())
  t.equal(readFileSync(path.join(dir, segmentsIn(dir)[0] ?? '')).length, size)
  t.equal(log.trouble(), 'a write to the disk failed: ENOSPC')
  now = 10_000
  t.equal(log.trouble(), null, 'appends may be retried')
  disk.freeBytes = Infinity
  await log.append([record('e')])
  t.strictSame(listOf(await readAll(log)), ['0 a', '1 b', '2 e'])
  await log.close()
  t.strictSame(listOf(await readAll(await openLog(t, { dir }))).slice(0, 3), ['0 a', '1 b', '2 e'])
})

t.test('a segment that cannot be created rejects the group, and is created later', async t => {
  const disk = createDisk()
  const log = await openLog(t, { dir: tempDir(t), files: disk, segmentBytes: 100 })
  await log.append([record('a')])
  disk.freeBytes = 0
  await t.rejects(log.append([record('b')]), new NotStoredError())
  disk.freeBytes = Infinity
  await log.append([record('c')])
  t.strictSame(listOf(await readAll(log)), ['0 a', '1 c'])
})

t.test('a partial write that cannot be truncated rejects all appends until a restart truncates it', async t => {
  const disk = createDisk()
  const dir = tempDir(t)
  const log = await openLog(t, { dir, files: disk })
  await log.append([record('a')])
  disk.freeBytes = 50
  disk.truncate = async () => {
    throw diskError('EIO')
  }
  await t.rejects(log.append([record('b')]), new LogFailedError())
  disk.freeBytes = Infinity
  await t.rejects(log.append([record('c')]), new LogFailedError())
  t.equal(log.trouble(), 'a sync or truncation failed: EIO; restart after the disk is repaired')
  await log.close()
  t.strictSame(listOf(await readAll(await openLog(t, { dir }))), ['0 a'])
})

t.test('a failed sync rejects its group, queued appends and new appends until a restart', async t => {
  const disk = createDisk()
  const dir = tempDir(t)
  const log = await openLog(t, { dir, files: disk })
  await log.append([record('a')])
  let fail = (_err: Error) => {}
  const syncing = new Promise<void>(resolve => {
    disk.datasync = () =>
      new Promise((_, reject) => {
        fail = reject
        resolve()
      })
  })
  const group = log.append([record('b')])
  await syncing
  const queued = [log.append([record('c')]), log.append([record('d')])]
  fail(diskError('EIO'))
  disk.datasync = async () => {}
  for (const append of [group, ...queued, log.append([record('e')])]) await t.rejects(append, new LogFailedError())
  t.equal(log.trouble(), 'a sync or truncation failed: EIO; restart after the disk is repaired')
  await log.close()
  const again = await openLog(t, { dir })
  t.equal(again.trouble(), null)
  t.strictSame(listOf(await readAll(again)), ['0 a'])
})

t.test('readers see a group only after it is synced', async t => {
  const disk = createDisk()
  const log = await openLog(t, { dir: tempDir(t), files: disk })
  const seen: string[] = []
  await log.subscribe({
    group: 'g',
    topics: ['calls'],
    startAt: async () => 'first',
    handle: async ({ records }) => {
      seen.push(...listOf(records))
    }
  })
  let release = () => {}
  disk.datasync = () =>
    new Promise(resolve => {
      release = resolve
    })
  const append = log.append([record('a')])
  await new Promise(resolve => setTimeout(resolve, 50))
  t.strictSame(seen, [])
  t.strictSame((await log.bounds('calls'))[0]?.end, 0n)
  disk.datasync = async () => {}
  release()
  await append
  await new Promise(resolve => setTimeout(resolve, 50))
  t.strictSame(seen, ['0 a'])
})

t.test('a log that cannot be synced after a crash is not opened and releases its directory', async t => {
  const dir = tempDir(t)
  const log = await openLog(t, { dir })
  await log.append([record('a')])
  await log.close()
  const files = createDisk()
  files.datasync = async () => {
    throw diskError('EIO')
  }
  await t.rejects(openLog(t, { dir, files }), { code: 'EIO' })
  t.strictSame(listOf(await readAll(await openLog(t, { dir: damagedCopy(t, dir, bytes => bytes) }))), ['0 a'])
  await t.resolves(openLog(t, { dir }))
})
