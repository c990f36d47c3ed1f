import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Damage } from '../../../src/event-log/local/damage.js'
import { openLocalReader } from '../../../src/event-log/local/local-reader.js'
import type { StoredRecord } from '../../../src/event-log/port.js'
import { seedOf } from '../../support/seeds.js'
import { damagedCopy, listOf, openLog, readAll, readUntil, record, segmentsIn, tempDir, textOf } from './support/log.js'

const FIRST = '0000000000000000.seg'
const HEADER_BYTES = 32
const RECORDS = 24

t.test('a corrupted record raises one alarm, and only that record is missing', async t => {
  const dir = await closedLog(t, { segmentBytes: 64 * 1024 })
  const alarms: object[] = []
  const log = await openLog(t, {
    dir: damagedCopy(t, dir, bytes => flipped(bytes, bytes.indexOf('acme:5'))),
    log: { warn: () => {}, error: context => alarms.push(context) }
  })
  const damage = { segment: FIRST, firstOffset: 5, endOffset: 6 }
  t.match(log.damage(), [damage])
  t.strictSame(listOf(await readAll(log)), listWithout(5))
  await readAll(log)
  t.match(alarms, [{ alarm: 'log-damage', ...damage }])
})

t.test('the last record of a cleanly closed log is not treated as a torn tail', async t => {
  const dir = await closedLog(t, { segmentBytes: 64 * 1024 })
  const log = await openLog(t, {
    dir: damagedCopy(t, dir, bytes => flipped(bytes, bytes.indexOf(`acme:${RECORDS - 1}`)))
  })
  t.match(log.damage(), [{ firstOffset: RECORDS - 1, endOffset: RECORDS }])
  t.strictSame(listOf(await readAll(log)), listWithout(RECORDS - 1))
})

t.test('a group with a corrupted header is lost, and the offsets after it are unchanged', async t => {
  const dir = await closedLog(t, { segmentBytes: 64 * 1024 })
  const log = await openLog(t, {
    dir: damagedCopy(t, dir, bytes => flipped(bytes, bytes.indexOf('MCG1', HEADER_BYTES) + 8))
  })
  t.match(log.damage(), [{ segment: FIRST, firstOffset: 3, endOffset: 6 }])
  t.strictSame(listOf(await readAll(log)), listWithout(3, 4, 5))
})

t.test('damage of a sealed segment is reported when the segment is read', async t => {
  const dir = await closedLog(t, { segmentBytes: 600 })
  const log = await openLog(t, {
    dir: damagedCopy(t, dir, (bytes, name) => (name === FIRST ? flipped(bytes, bytes.indexOf('acme:1')) : bytes))
  })
  t.strictSame(log.damage(), [])
  t.strictSame(listOf(await readAll(log)), listWithout(1))
  t.match(log.damage(), [{ segment: FIRST, firstOffset: 1, endOffset: 2 }])
})

t.test('the lost end of a sealed segment is reported up to the start of the next one', async t => {
  const dir = await closedLog(t, { segmentBytes: 600 })
  for (const length of [0, 10, 40]) {
    const log = await openLog(t, {
      dir: damagedCopy(t, dir, (bytes, name) => (name === FIRST ? bytes.subarray(0, length) : bytes))
    })
    const found = await readAll(log)
    t.match(log.damage(), [{ segment: FIRST, firstOffset: 0 }], `cut to ${length} bytes`)
    t.equal(found[0]?.offset, BigInt(log.damage().at(-1)?.endOffset ?? -1))
  }
})

t.test('after any corruption of synced bytes each record is either intact or inside a reported range', async t => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    length: fc.integer({ min: 1, max: 200 }),
    byte: fc.integer({ min: 0, max: 255 }),
    truncate: fc.boolean()
  })
  const dirs = { one: await closedLog(t, { segmentBytes: 64 * 1024 }), many: await closedLog(t, { segmentBytes: 500 }) }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('one' as const, 'many' as const),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      async (kind, edits) => {
        let segment = 0
        const last = segmentsIn(dirs[kind]).at(-1)
        const dir = damagedCopy(t, dirs[kind], (bytes, name) => {
          const { at, length, byte, truncate } = edits[segment++ % edits.length] ?? {
            at: 0,
            length: 1,
            byte: 0,
            truncate: false
          }
          // without the mark of the close nothing vouches for the end
          const vouched = name === last ? bytes.length - HEADER_BYTES : bytes.length
          const from = Math.floor(at * vouched)
          return truncate && name !== last
            ? bytes.subarray(0, from)
            : bytes.fill(byte, from, Math.min(from + length, vouched))
        })
        const log = await openLog(t, { dir })
        const found = await readAll(log)
        t.strictSame(unexplained(found, log.damage()), [])
        await log.close()
      }
    ),
    { seed: seedOf(), numRuns: 100 }
  )
})

t.test('a reader beside the owner also skips damage', async t => {
  const dir = damagedCopy(t, await closedLog(t, { segmentBytes: 600 }), bytes =>
    flipped(bytes, bytes.indexOf('acme:1'))
  )
  const reader = await openLocalReader({ dir })
  const found = await readUntil(reader, records => records.some(({ offset }) => offset === BigInt(RECORDS - 1)))
  t.ok(found.length < RECORDS)
  t.ok(found.every(record => textOf(record) === String(record.offset)))
  await reader.close()
})

/** A log of 24 records in groups of three, each one's text its offset, closed well. */
async function closedLog(t: Test, { segmentBytes }: { segmentBytes: number }): Promise<string> {
  const dir = tempDir(t)
  const log = await openLog(t, { dir, segmentBytes })
  for (let n = 0; n < RECORDS; n += 3) await log.append([0, 1, 2].map(i => record(String(n + i))))
  await log.close()
  return dir
}

function flipped(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at)
  return bytes
}

function listWithout(...lost: number[]): string[] {
  return Array.from({ length: RECORDS }, (_, i) => i)
    .filter(i => !lost.includes(i))
    .map(i => `${i} ${i}`)
}

/** Offsets that are missing without a report, or that hold another record. */
function unexplained(found: readonly StoredRecord[], damage: readonly Damage[]): number[] {
  const texts = new Map(found.map(record => [Number(record.offset), textOf(record)]))
  const reported = (offset: number) =>
    damage.some(({ firstOffset, endOffset }) => firstOffset <= offset && offset < endOffset)
  return Array.from({ length: RECORDS }, (_, i) => i).filter(i =>
    texts.has(i) ? texts.get(i) !== String(i) : !reported(i)
  )
}
