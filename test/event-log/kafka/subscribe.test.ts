import t from 'tap'
import type { Batch } from '../../../src/event-log/port.js'
import { eventually } from '../../support/eventually.js'
import { connectAdmin, openTestLog, skip } from '../../support/kafka-log.js'
import { gather, record } from '../support/gather.js'

const some = (count: number, key = 'default:a') => Array.from({ length: count }, (_, i) => record(key, `${i}`))

t.test('a rejected batch is delivered again from the same record, and other partitions continue', { skip }, async t => {
  const { log } = await openTestLog(t)
  const tries: Batch[] = []
  await log.append([...some(5, 'default:bad'), ...some(5, 'default:fine')])
  const { records, subscription } = await gather(t, log, {
    handle: async batch => {
      if (batch.records[0]?.key !== 'default:bad') return
      tries.push(batch)
      if (tries.length < 4) throw new Error('not today')
    }
  })
  await eventually('the records of the good key arrive', () => records.length >= 5 && tries.length < 4)
  t.match(subscription.trouble(), /the handler has rejected/)
  await eventually('the records of the bad key arrive', () => records.length === 10)
  t.strictSame(
    tries.map(({ records }) => records[0]?.offset),
    [0n, 0n, 0n, 0n]
  )
  t.equal(subscription.trouble(), null)
})

t.test(
  'a start offset that the log no longer holds is logged, and reading starts at the first record',
  { skip },
  async t => {
    const { log, lines, topicPrefix } = await openTestLog(t)
    const admin = await connectAdmin(t)
    await log.append(some(6))
    const partition = (await log.bounds('calls')).find(({ end }) => end > 0n)?.partition ?? -1
    await admin.fetchTopicOffsets(`${topicPrefix}.calls`) // or kafkajs knows nothing of the topic
    await admin.deleteTopicRecords({ topic: `${topicPrefix}.calls`, partitions: [{ partition, offset: '3' }] })
    for (const offset of [1n, 100n]) {
      const { values, subscription } = await gather(t, log, {
        startAt: async startAtCalls => (startAtCalls.partition === partition ? offset : 'first')
      })
      await eventually('the remaining records arrive', () => values().length >= 3)
      t.strictSame(values(), ['3', '4', '5'])
      await subscription.close()
    }
    t.equal(lines.filter(({ msg }) => String(msg).startsWith('the log no longer holds')).length, 2)
  }
)

t.test('startAt is consulted again when records are deleted before they are read', { skip }, async t => {
  const { log, lines, topicPrefix } = await openTestLog(t)
  const admin = await connectAdmin(t)
  const topic = `${topicPrefix}.calls`
  await log.append(some(5))
  let startAtCalls = 0
  let began = false
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const { values, batches } = await gather(t, log, {
    startAt: async ({ partition }) => {
      if (partition !== 2) return 'first' // where the key of all these records lands
      startAtCalls++
      return startAtCalls === 1 ? 'first' : 5n
    },
    handle: async () => {
      began = true
      if (batches.length === 0) await released
    }
  })
  await eventually('the first batch is in progress', () => began)
  await log.append(some(5))
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 2, offset: '8' }] })
  release()
  await eventually('the remaining records arrive', () => values().length >= 7)
  t.strictSame(values(), ['0', '1', '2', '3', '4', '3', '4'])
  t.equal(startAtCalls, 2)
  t.match(
    lines.find(({ msg }) => String(msg).startsWith('the log no longer holds')),
    { wanted: '5', first: '8', end: '10' }
  )
})
