import { appendFileSync, statSync, truncateSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openLocalReader } from '../../../src/event-log/local/local-reader.js'
import { eventually } from '../../support/eventually.js'
import { startProgram } from '../conformance/child.js'
import { appendEach, listOf, openLog, readUntil, record, segmentsIn, tempDir, textOf } from './support/log.js'

const owner = fileURLToPath(new URL('../conformance/local.test.js', import.meta.url))

t.test('a reader follows a log that another process writes across segments', async t => {
  const dir = tempDir(t)
  const appender = startProgram(t, owner, 'append', dir, '8')
  await eventually('the owner appends', () => appender.lines().length > 0)
  const reader = await openLocalReader({ dir })
  t.teardown(() => reader.close())
  const records = await readUntil(reader, found => found.length > 12_000)
  t.ok(segmentsIn(dir).length > 2, 'the log has several segments')
  t.strictSame(
    records.map(({ offset }) => Number(offset)),
    records.map((_, i) => i),
    'every offset'
  )
  t.ok(records.every(({ key, value }) => key === `writer:${String(value).split('-')[0]}`))
})

t.test('a reader wakes for an append and returns the id and bounds of the owner', async t => {
  const dir = tempDir(t)
  const log = await openLog(t, { dir })
  const reader = await openLocalReader({ dir })
  t.equal(await reader.id(), await log.id())
  const waiting = readUntil(reader, found => found.length === 3)
  await appendEach(log, ['a', 'b', 'c'])
  t.strictSame(listOf(await waiting), ['0 a', '1 b', '2 c'])
  t.strictSame(await reader.bounds('calls'), await log.bounds('calls'))
  await reader.close()
})

t.test('a reader waits at an incomplete group, also when the writer truncates it', async t => {
  const dir = tempDir(t)
  const log = await openLog(t, { dir })
  await appendEach(log, ['a', 'b'])
  const file = path.join(dir, segmentsIn(dir)[0] ?? '')
  const { size } = statSync(file)
  const reader = await openLocalReader({ dir })
  const waiting = readUntil(reader, found => found.length === 3)
  appendFileSync(file, 'MCG1, and then the power went')
  t.strictSame((await reader.bounds('calls'))[0]?.end, 2n)
  truncateSync(file, size)
  await log.append([record('c')])
  t.strictSame((await waiting).map(textOf), ['a', 'b', 'c'])
  await reader.close()
})

t.test('a directory without a log is rejected', async t => {
  await t.rejects(openLocalReader({ dir: tempDir(t) }), { code: 'MCS_DATA_DIR' })
})
