import fc from 'fast-check'
import type { LogRecord, StoredRecord } from '../../../src/event-log/port.js'
import { TOPICS } from '../../../src/events/topics.js'
import { seedOf } from '../../support/seeds.js'
import { record } from '../support/gather.js'
import type { PromiseTests } from './adapter.js'
import { readAll, textsByKey } from './read-all.js'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const odd = fc.constantFrom('', ' ', 'a\0b', '\n', '../..', 'default:+1 555', 'é\u0301', '🇺🇦', '"', 'x'.repeat(1_000))
const anyRecord: fc.Arbitrary<LogRecord> = fc.record({
  topic: fc.constantFrom(...TOPICS),
  key: fc.oneof(text, odd),
  value: fc.uint8Array({ maxLength: 2_000 }).map(bytes => Buffer.from(bytes)),
  headers: fc.dictionary(
    text.filter(name => name !== '__proto__'),
    fc.oneof(text, odd),
    { maxKeys: 3, noNullPrototype: true }
  )
})

/** Appended records are stored unchanged. */
export const appending: PromiseTests = {
  'any key, value and headers are stored unchanged and in order per key': async (t, { open }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(anyRecord, { maxLength: 30 }), { maxLength: 5 }), async appends => {
        const { log } = await open(t)
        await Promise.all(appends.map(records => log.append(records)))
        for (const topic of TOPICS) {
          const appended = appends.flat().filter(record => record.topic === topic)
          const stored = await readAll(t, log, topic)
          t.strictSame(inOrderOfKeys(stored), inOrderOfKeys(appended))
          t.ok(stored.every(record => record.topic === topic))
        }
        await log.close()
      }),
      { seed: seedOf(), numRuns: 4 }
    )
  },

  'concurrent appends store each record once, with all records of a key in one partition and in order': async (
    t,
    { open }
  ) => {
    const { log } = await open(t)
    const appended = Array.from({ length: 900 }, (_, i) => record(`default:${i % 30}`, `${i}`))
    await Promise.all(appended.map(one => log.append([one])))
    const stored = await readAll(t, log)
    t.strictSame(textsByKey(stored), textsByKey(appended))
    for (const key of textsByKey(appended).keys()) {
      t.equal(new Set(stored.filter(one => one.key === key).map(({ partition }) => partition)).size, 1, key)
    }
    t.ok(offsetsGrow(stored), 'offsets grow within a partition')
  },

  'an append larger than one request is stored completely and in order with other appends': async (t, { open }) => {
    const { log } = await open(t)
    const padding = 'x'.repeat(100_000)
    const many = Array.from({ length: 5_001 }, (_, i) => record('default:one', `many ${i}`))
    const large = Array.from({ length: 60 }, (_, i) => record('default:one', `large ${i} ${padding}`))
    await Promise.all(
      [[record('default:one', 'before')], many, large, [record('default:one', 'after')]].map(log.append)
    )
    const texts = (await readAll(t, log)).map(({ value }) => String(value).replace(padding, ''))
    t.strictSame(texts, ['before', ...many.map((_, i) => `many ${i}`), ...large.map((_, i) => `large ${i} `), 'after'])
  },

  'an empty append resolves and stores nothing': async (t, { open }) => {
    const { log } = await open(t)
    await log.append([])
    t.equal(await count(log.bounds), 0n)
  },

  'a healthy log reports no trouble, is empty at first, and its bounds contain the appended records': async (
    t,
    { open }
  ) => {
    const { log } = await open(t)
    t.equal(log.trouble(), null)
    const empty = await log.bounds('calls')
    t.ok(empty.length > 0 && empty.every(({ first, end }) => first === end), 'no record')
    t.strictSame(
      empty.map(({ partition }) => partition),
      empty.map((_, i) => i),
      'every partition, in order'
    )
    await log.append(Array.from({ length: 20 }, (_, i) => record(`default:${i}`, `${i}`)))
    t.equal(await count(log.bounds), 20n)
    const stored = await readAll(t, log)
    for (const { partition, first, end } of await log.bounds('calls')) {
      const offsets = stored.filter(one => one.partition === partition).map(({ offset }) => offset)
      t.ok(offsets.every(offset => offset >= first && offset < end))
    }
    t.equal(log.trouble(), null)
  },

  'the id stays the same when the log is opened again': async (t, { open }) => {
    const { log, location } = await open(t)
    const id = await log.id()
    t.match(id, /^[\w-]{10,}/)
    await log.close()
    t.equal(await (await open(t, location)).log.id(), id)
    t.not(await (await open(t)).log.id(), id, 'another log has another id')
  }
}

async function count(bounds: (topic: 'calls') => Promise<{ first: bigint; end: bigint }[]>): Promise<bigint> {
  return (await bounds('calls')).reduce((sum, { first, end }) => sum + end - first, 0n)
}

function inOrderOfKeys(records: readonly Pick<StoredRecord, 'key' | 'value' | 'headers'>[]) {
  return records
    .map(({ key, value, headers }) => ({ key, value: value?.toString('hex'), headers }))
    .sort((a, b) => (String(a.key) < String(b.key) ? -1 : Number(a.key !== b.key))) // Array.sort is stable
}

function offsetsGrow(records: readonly StoredRecord[]): boolean {
  const last = new Map<number, bigint>()
  return records.every(({ partition, offset }) => {
    const grows = offset > (last.get(partition) ?? -1n)
    last.set(partition, offset)
    return grows
  })
}
