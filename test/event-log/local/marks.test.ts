import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { eventually } from '../../support/eventually.js'
import { damagedCopy, listOf, openLog, readAll, record, tempDir } from './support/log.js'

const FIRST = '0000000000000000.seg'
const MARK_BYTES = 32
const START = Date.parse('2026-11-23T08:00:00Z')
const second = (number: number) => START + number * 1000
const TEXTS = ['a', 'b', 'c', 'd', 'e', 'f']

/** A log in which six records were appended as one group after one other, and the size of its file. */
async function acknowledgedLog(t: Test) {
  const dir = tempDir(t)
  let now = second(0)
  const log = await openLog(t, { dir, now: () => now })
  await log.append([record('first')])
  now = second(1)
  await log.append(TEXTS.map(text => record(text)))
  const size = () => readFileSync(path.join(dir, FIRST)).length
  return {
    dir,
    log,
    size,
    later: (seconds: number) => {
      now = second(seconds)
    }
  }
}

/** Opens a copy in which one bit of the record `c` is flipped. */
async function openFlipped(t: Test, dir: string) {
  const lines: string[] = []
  const note = (context: object, message: string) => lines.push(JSON.stringify({ ...context, message }))
  const copy = damagedCopy(t, dir, bytes => {
    const at = bytes.indexOf('acme:c')
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return bytes
  })
  const log = await openLog(t, { dir: copy, log: { warn: note, error: note } })
  return { log, lines, found: listOf(await readAll(log)) }
}

const WITHOUT_C = ['0 first', '1 a', '2 b', '4 d', '5 e', '6 f']
const LOST_C = { firstOffset: 3, endOffset: 4, records: 1, lostAfter: second(1) }

t.test(
  'an acknowledged group is marked as synced within a second, and a flipped bit then takes one record',
  async t => {
    const { dir, size } = await acknowledgedLog(t)
    const before = size()
    const startedAt = performance.now()
    await eventually('the mark is written', () => size() === before + MARK_BYTES, 5_000)
    t.ok(performance.now() - startedAt < 1_500, 'a second, and some time for a busy machine')
    const { log, lines, found } = await openFlipped(t, dir)
    t.strictSame(found, WITHOUT_C)
    t.match(log.damage(), [{ ...LOST_C, lostBefore: second(1), isSynced: true }])
    t.match(lines.join(), /"alarm":"log-damage".*"records":1,"lostAfter":"2026-11-23T08:00:01.000Z"/)
    t.match(lines.join(), /synced records of the event log are damaged/)
    t.notMatch(lines.join(), /acknowledged/)
  }
)

t.test('the next group marks the one before it', async t => {
  const { dir, log, later } = await acknowledgedLog(t)
  later(2)
  await log.append([record('last')])
  const flipped = await openFlipped(t, dir)
  t.strictSame(flipped.found, [...WITHOUT_C, '7 last'])
  t.match(flipped.log.damage(), [{ ...LOST_C, isSynced: true }])
})

t.test('without a mark it is not claimed that a damaged group was acknowledged, or that it was not', async t => {
  const { dir } = await acknowledgedLog(t)
  const { log, lines, found } = await openFlipped(t, dir)
  t.strictSame(found, WITHOUT_C, 'the other records are kept')
  t.match(log.damage(), [{ ...LOST_C, lostBefore: second(1), isSynced: false }])
  t.match(lines.join(), /it is not known whether they were acknowledged/)
})

t.test('an idle log is marked once', async t => {
  const { log, size, dir } = await acknowledgedLog(t)
  await log.close()
  const closed = size()
  const again = await openLog(t, { dir })
  await again.close()
  t.equal(size(), closed)
})

t.test('damage of a group whose header is lost is counted, and lies between its neighbours in time', async t => {
  const { dir, log, later } = await acknowledgedLog(t)
  later(2)
  await log.append([record('last')])
  const copy = damagedCopy(t, dir, bytes => bytes.fill(0, bytes.indexOf('MCG1', 1), bytes.indexOf('acme:b')))
  const damaged = await openLog(t, { dir: copy })
  t.match(damaged.damage(), [{ firstOffset: 1, endOffset: 7, records: 6, lostAfter: second(0), lostBefore: second(2) }])
})

/** Written by the version before marks: a group of one record and a group of two, without a closing group. */
const BEFORE_MARKS = [
  'TUNHMTJfDW8BAAAAKgAAAAAAAAAAAAAAAAAAAAAAAAAiAAAANg8NZAAAQLR2IHpCBQYAAAAFAAAAY2FsbHNhY21lOmFpZABhAGFN',
  'Q0cx8akc9wIAAABUAAAAAQAAAAAAAABKAAAAAAAAACIAAABI+qrOAABAtHYgekIFBgAAAAUAAABjYWxsc2FjbWU6YmlkAGIAYiIA',
  'AABdqxgeAABAtHYgekIFBgAAAAUAAABjYWxsc2FjbWU6Y2lkAGMAYw=='
].join('')

t.test('a log of the version before marks is read, and continued', async t => {
  const dir = tempDir(t)
  writeFileSync(path.join(dir, 'id'), '0189f7a2-0000-4000-8000-000000000000\n')
  writeFileSync(path.join(dir, FIRST), Buffer.from(BEFORE_MARKS, 'base64'))
  const log = await openLog(t, { dir })
  await log.append([record('new')])
  t.strictSame(listOf(await readAll(log)), ['0 a', '1 b', '2 c', '3 new'])
  t.strictSame(log.damage(), [])
  t.equal(readFileSync(path.join(dir, FIRST)).subarray(0, -1).indexOf(Buffer.from(BEFORE_MARKS, 'base64')), 0)
})
