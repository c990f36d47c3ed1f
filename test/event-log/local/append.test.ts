import path from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { NotStoredError, RecordTooLargeError } from '../../../src/errors.js'
import type { LogRecord } from '../../../src/event-log/port.js'
import { TOPICS } from '../../../src/events/topics.js'
import { seedOf } from '../../support/seeds.js'
import { listOf, openLog, readAll, record, segmentsIn, tempDir } from './support/log.js'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const anyRecord: fc.Arbitrary<LogRecord> = fc.record({
  topic: fc.constantFrom(...TOPICS),
  key: text,
  value: fc.uint8Array({ maxLength: 2_000 }).map(bytes => Buffer.from(bytes)),
  headers: fc.dictionary(
    text.filter(name => name !== '__proto__'),
    text,
    { maxKeys: 3, noNullPrototype: true }
  )
})

t.test('records are read unchanged and in order, with any segment size and after a restart', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyRecord, { maxLength: 8 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 20_000 }),
      async (appends, segmentBytes) => {
        const dir = tempDir(t)
        const log = await openLog(t, { dir, segmentBytes })
        await Promise.all(appends.map(records => log.append(records)))
        await log.close()
        const expected = appends.flat().map((record, i) => ({ ...record, partition: 0, offset: BigInt(i) }))
        const again = await openLog(t, { dir, segmentBytes })
        t.strictSame(await readAll(again), expected)
        t.strictSame(again.damage(), [])
        await again.close()
      }
    ),
    { seed: seedOf(), numRuns: 25 }
  )
})

t.test('offsets count all records of the log, and the bounds of every topic are those of the log', async t => {
  const log = await openLog(t, { dir: tempDir(t) })
  t.strictSame(await log.bounds('calls'), [{ partition: 0, first: 0n, end: 0n }], 'an empty log')
  await log.append([record('a', 'calls'), record('b', 'unclassified'), record('c', 'calls')])
  t.strictSame(await log.bounds('unclassified'), [{ partition: 0, first: 0n, end: 3n }])
  t.strictSame(listOf(await readAll(log)), ['0 a', '1 b', '2 c'])
})

t.test('a record larger than a group or segment gets one of its own, and one above 16 MiB is rejected', async t => {
  const log = await openLog(t, { dir: tempDir(t), segmentBytes: 1_000 })
  const large = { ...record('large'), value: Buffer.alloc(5 * 1024 * 1024, 'x') }
  await Promise.all([log.append([record('a')]), log.append([large]), log.append([record('b')])])
  t.strictSame(
    (await readAll(log)).map(({ value }) => value?.length),
    [1, large.value.length, 1]
  )
  await t.rejects(log.append([{ ...large, value: Buffer.alloc(17 * 1024 * 1024) }]), new RecordTooLargeError())
})

t.test('segments are named by their first offset and stay below their size', async t => {
  const dir = tempDir(t)
  const log = await openLog(t, { dir, segmentBytes: 280 })
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await log.append([record(name)])
  t.strictSame(segmentsIn(dir).slice(0, 2), ['0000000000000000.seg', '0000000000000003.seg'])
  t.strictSame(listOf(await readAll(log, 4n)), ['4 e', '5 f', '6 g'])
})

t.test('a second owner is rejected until the first one has closed', async t => {
  const dir = path.join(tempDir(t), 'made')
  const log = await openLog(t, { dir })
  await t.rejects(openLog(t, { dir }), { code: 'MCS_DATA_DIR' })
  await log.close()
  await t.resolves(openLog(t, { dir }))
})

t.test('appends beyond the queue limit are rejected, and the others are stored', async t => {
  const log = await openLog(t, { dir: tempDir(t), maxQueuedBytes: 100 })
  const large = { ...record('large'), value: Buffer.alloc(200) }
  const first = log.append([large])
  await t.rejects(log.append([record('b')]), new NotStoredError())
  await first
  await t.resolves(log.append([record('c')]))
})
