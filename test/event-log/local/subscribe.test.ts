import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { batchesOf } from '../../../src/event-log/local/subscription.js'
import type { StoredRecord } from '../../../src/event-log/port.js'
import { appendEach, listOf, openLog, readUntil, record, tempDir } from './support/log.js'

t.test('each topic starts at its own offset and gets only its own records in order', async t => {
  const log = await openLog(t, { dir: tempDir(t), segmentBytes: 300 })
  for (let n = 0; n < 10; n++) await log.append([record(`c${n}`, 'calls'), record(`u${n}`, 'unclassified')])
  const got: string[] = []
  const subscription = await log.subscribe({
    group: 'g',
    topics: ['calls', 'unclassified'],
    startAt: async ({ topic, partition }) => (topic === 'calls' && partition === 0 ? 17n : 12n),
    handle: async ({ topic, records }) => {
      got.push(...records.map(({ offset }) => `${topic} ${offset}`))
    }
  })
  await until(() => got.length === 5)
  t.strictSame(got.sort(), ['calls 18', 'unclassified 13', 'unclassified 15', 'unclassified 17', 'unclassified 19'])
  await subscription.close()
})

t.test('reading resumes at any offset of large segments, before and after a restart', async t => {
  const dir = tempDir(t)
  const options = { dir, segmentBytes: 512 * 1024 }
  const log = await openLog(t, options)
  const records = Array.from({ length: 1_500 }, (_, n) => ({
    ...record(String(n)),
    value: Buffer.from(String(n).padStart(800))
  }))
  for (let n = 0; n < records.length; n += 50) await log.append(records.slice(n, n + 50))
  for (const round of ['as written', 'reopened']) {
    const open = round === 'as written' ? log : await openLog(t, options)
    for (const start of [0, 49, 50, 333, 700, 1_201, 1_499]) {
      const found = await readUntil(open, ({ length }) => length === records.length - start, BigInt(start))
      t.strictSame(
        found.map(({ value }) => Number(value)),
        records.slice(start).map(({ value }) => Number(value)),
        `from ${start}, ${round}`
      )
    }
    await open.close()
  }
})

t.test('a start offset above the end waits for new records', async t => {
  const log = await openLog(t, { dir: tempDir(t) })
  await appendEach(log, ['a', 'b'])
  const late = readUntil(log, found => found.length === 1, 3n)
  await appendEach(log, ['c', 'd'])
  t.strictSame(listOf(await late), ['3 d'])
})

t.test('the trouble of a rejected batch contains only the error code', async t => {
  const log = await openLog(t, { dir: tempDir(t) })
  await log.append([record('a')])
  let tries = 0
  const subscription = await log.subscribe({
    group: 'g',
    topics: ['calls'],
    startAt: async () => 'first',
    handle: async () => {
      tries++
      throw new Error('a secret', { cause: Object.assign(new Error(), { code: '40001' }) })
    }
  })
  await until(() => tries === 2)
  t.equal(subscription.trouble(), 'a batch cannot be handled: 40001')
})

t.test('a slow subscription gets larger batches and does not delay another', async t => {
  const log = await openLog(t, { dir: tempDir(t) })
  const sizes: number[] = []
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  await log.subscribe({
    group: 'slow',
    topics: ['calls'],
    startAt: async () => 'first',
    handle: async ({ records }) => {
      sizes.push(records.length)
      await held
    }
  })
  const other = readUntil(log, found => found.length === 1_200)
  await log.append([record('first')])
  await until(() => sizes.length === 1)
  for (let n = 1; n < 1_200; n += 11) await log.append(Array.from({ length: 11 }, (_, i) => record(String(n + i))))
  t.equal((await other).length, 1_200)
  release()
  await until(() => sizes.reduce((sum, size) => sum + size, 0) === 1_200)
  t.strictSame(sizes, [1, 500, 500, 199])
})

t.test('closing does not wait for a back-off', async t => {
  const log = await openLog(t, { dir: tempDir(t) })
  let tries = 0
  await log.subscribe({
    group: 'refusing',
    topics: ['calls'],
    startAt: async () => 'first',
    handle: async () => {
      tries++
      throw new Error('no')
    }
  })
  await log.append([record('a')])
  await until(() => tries === 4) // the next one comes after 800 ms
  const begun = performance.now()
  await log.close()
  t.ok(performance.now() - begun < 300)
})

t.test('batches keep the order of each topic and contain no record below its start', async t => {
  const stored = Array.from(
    { length: 1_202 },
    (_, i): StoredRecord => ({
      topic: i % 2 ? 'calls' : 'unclassified',
      partition: 0,
      offset: BigInt(i),
      key: null,
      value: null,
      headers: {}
    })
  )
  const batches = batchesOf(stored, new Map([['calls', 100n]]))
  t.strictSame(
    batches.map(({ length }) => length),
    [500, 51]
  )
  t.strictSame(
    batches.flat().map(({ offset }) => offset),
    stored.filter(({ topic, offset }) => topic === 'calls' && offset >= 100n).map(({ offset }) => offset)
  )
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5)
}
