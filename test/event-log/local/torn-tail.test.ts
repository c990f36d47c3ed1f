import { copyFileSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { appendEach, damagedCopy, listOf, openLog, readAll, record, tempDir } from './support/log.js'

const FIRST = '0000000000000000.seg'
const HEADER_BYTES = 32
const BEFORE = ['0 a', '1 b', '2 c']

t.test('a tail torn at any byte of the last group is truncated, synced records stay, and appends continue', async t => {
  const { dir, end, size } = await crashedLog(t)
  t.ok(size - end > 100, 'the last group is not empty')
  for (let length = end; length < size; length++) {
    const log = await openLog(t, { dir: damagedCopy(t, dir, bytes => bytes.subarray(0, length)) })
    await log.append([record('new')])
    const found = listOf(await readAll(log))
    if (found.join() !== [...BEFORE, '3 new'].join()) t.fail(`torn at ${length}`, { found })
    if (log.damage().length > 0) t.fail(`torn at ${length} is no damage`)
    await log.close()
  }
})

t.test('zeros or random bytes in the last group are reported, and its records before them are kept', async t => {
  const { dir, end, size } = await crashedLog(t)
  for (let at = end; at < size; at += 13) {
    for (const fill of [0, 0xa5]) {
      const log = await openLog(t, { dir: damagedCopy(t, dir, bytes => bytes.fill(fill, at)) })
      const [damage, ...others] = log.damage()
      const kept = (damage?.firstOffset ?? 0) - BEFORE.length
      const found = listOf(await readAll(log))
      const expected = [...BEFORE, ...['3 d', '4 e'].slice(0, kept)]
      const isCounted = damage?.records === 3 - kept || (at < end + HEADER_BYTES && damage?.records === null)
      if (others.length > 0 || damage?.isSynced || !isCounted || found.join() !== expected.join())
        t.fail(`filled with ${fill} from ${at}`, { found, damage, others })
      await log.close()
    }
  }
})

t.test('group headers inside a torn record are not treated as groups', async t => {
  const { dir } = await crashedLog(t)
  const log = await openLog(t, { dir })
  const file = path.join(dir, FIRST)
  const groups = readFileSync(file)
  await log.append([{ ...record('g'), value: Buffer.concat([groups, groups]) }])
  const { length } = readFileSync(file)
  for (const cut of [1, 50, groups.length]) {
    const torn = await openLog(t, { dir: damagedCopy(t, dir, bytes => bytes.subarray(0, length - cut)) })
    t.strictSame(listOf(await readAll(torn)), [...BEFORE, '3 d', '4 e', '5 f'])
    t.strictSame(torn.damage(), [])
  }
})

t.test('the removal of an unfinished group is logged, and an intact tail is not truncated', async t => {
  const { dir, size } = await crashedLog(t)
  const told: object[] = []
  const log = { warn: (context: object, message: string) => told.push({ ...context, message }), error: () => {} }
  const whole = await openLog(t, { dir: damagedCopy(t, dir, bytes => bytes), log })
  t.strictSame(listOf(await readAll(whole)), [...BEFORE, '3 d', '4 e', '5 f'])
  t.strictSame(told, [])
  await openLog(t, { dir: damagedCopy(t, dir, bytes => bytes.subarray(0, size - 1)), log })
  t.match(told, [{ segment: FIRST, tornBytes: Number, message: /had not ended, so it was not acknowledged$/ }])
})

t.test('a torn first group leaves an empty log', async t => {
  const { dir } = await crashedLog(t)
  const log = await openLog(t, { dir: damagedCopy(t, dir, bytes => bytes.subarray(0, 20)) })
  t.strictSame(await log.bounds('calls'), [{ partition: 0, first: 0n, end: 0n }])
  await log.append([record('new')])
  t.strictSame(listOf(await readAll(log)), ['0 new'])
})

/** A log of four groups as a crash leaves it, and where its last group, of three records, begins and ends. */
async function crashedLog(t: Test): Promise<{ dir: string; end: number; size: number }> {
  const live = tempDir(t)
  const log = await openLog(t, { dir: live })
  await appendEach(log, ['a', 'b', 'c'])
  const file = path.join(live, FIRST)
  const end = readFileSync(file).length
  await log.append([record('d'), record('e'), record('f')])
  const dir = tempDir(t)
  for (const name of ['id', FIRST]) copyFileSync(path.join(live, name), path.join(dir, name))
  return { dir, end, size: readFileSync(file).length }
}
