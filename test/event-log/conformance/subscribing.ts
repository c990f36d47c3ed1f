import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../support/eventually.js'
import { gather, record } from '../support/gather.js'
import type { PromiseTests } from './adapter.js'
import { readAll, textsByKey } from './read-all.js'

const some = (count: number, key = 'default:a') => Array.from({ length: count }, (_, i) => record(key, `${i}`))

/** Delivery to subscribers. */
export const subscribing: PromiseTests = {
  'a subscription starts at the offset of startAt, whatever its group has read before': async (t, { open }) => {
    const { log } = await open(t)
    for (let n = 0; n < 30; n += 5)
      await log.append(Array.from({ length: 5 }, (_, i) => record('default:a', `${n + i}`)))
    const stored = await readAll(t, log)
    const group = `g-${randomUUID()}`
    for (const start of [0, 1, 14, 15, 29]) {
      const asked: string[] = []
      const { values, subscription } = await gather(t, log, {
        group,
        startAt: async ({ topic, partition }) => {
          asked.push(`${topic} ${partition}`)
          return stored.find(one => one.partition === partition) ? (stored[start]?.offset ?? 'first') : 'first'
        }
      })
      await eventually('the remaining records arrive', () => values().includes('29'))
      t.strictSame(
        values().filter(Boolean),
        stored.slice(start).map(({ value }) => String(value)),
        `from ${start}`
      )
      t.ok(asked.includes(`calls ${stored[0]?.partition}`))
      await subscription.close()
    }
  },

  'a subscription that starts at the end gets new records only': async (t, { open }) => {
    const { log } = await open(t)
    await log.append(some(5))
    const bounds = await log.bounds('calls')
    const { values, subscription } = await gather(t, log, {
      startAt: async ({ partition }) => bounds.find(entry => entry.partition === partition)?.end ?? 'first'
    })
    await eventually('the start offset is set', () => subscription.trouble() === null)
    await log.append([record('default:a', 'new')])
    await eventually('the record arrives', () => values().length > 0)
    t.strictSame(values(), ['new'])
  },

  'two groups get everything, and a slow one does not delay the other': async (t, { open }) => {
    const { log } = await open(t)
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    const slow = await gather(t, log, { handle: () => held })
    const fast = await gather(t, log)
    await log.append(some(8))
    await eventually('the fast group has everything', () => fast.records.length === 8)
    t.equal(slow.records.length, 0)
    release()
    await eventually('the slow group has everything', () => slow.records.length === 8)
    t.strictSame(slow.values(), fast.values())
  },

  'a handler gets one batch of a partition at a time, in offset order': async (t, { open }) => {
    const { log } = await open(t)
    const inProgress = new Map<number, number>()
    let most = 0
    const appended = Array.from({ length: 200 }, (_, i) => record(`default:${i % 10}`, `${i}`))
    const { records } = await gather(t, log, {
      handle: async ({ partition }) => {
        inProgress.set(partition, (inProgress.get(partition) ?? 0) + 1)
        most = Math.max(most, ...inProgress.values())
        await sleep(20)
        inProgress.set(partition, (inProgress.get(partition) ?? 0) - 1)
      }
    })
    for (let n = 0; n < 200; n += 10) {
      await log.append(appended.slice(n, n + 10))
      await sleep(5)
    }
    await eventually('all records arrive', () => records.length >= 200)
    t.equal(most, 1)
    t.strictSame(textsByKey(records), textsByKey(appended))
  },

  'a subscription gets only its topics, each from its own start': async (t, { open }) => {
    const { log } = await open(t)
    const unclassified = some(6).map(one => ({ ...one, topic: 'unclassified' as const }))
    for (let n = 0; n < 6; n++) await log.append([...some(6).slice(n, n + 1), ...unclassified.slice(n, n + 1)])
    const later = (await readAll(t, log, 'unclassified'))[4]
    const one = await gather(t, log)
    const both = await gather(t, log, {
      topics: ['calls', 'unclassified'],
      startAt: async ({ topic, partition }) =>
        topic === 'unclassified' && partition === later?.partition ? later.offset : 'first'
    })
    const of = (topic: string) =>
      both.records
        .filter(record => record.topic === topic && record.key === 'default:a')
        .map(({ value }) => String(value))
    await eventually(
      'all records arrive',
      () => one.records.length === 6 && of('calls').length === 6 && of('unclassified').length === 2
    )
    t.ok(one.records.every(({ topic }) => topic === 'calls'))
    t.strictSame(
      [of('calls'), of('unclassified')],
      [
        ['0', '1', '2', '3', '4', '5'],
        ['4', '5']
      ]
    )
    t.ok(
      both.batches.every(({ topic, partition, records }) =>
        records.every(one => one.topic === topic && one.partition === partition)
      )
    )
  }
}
