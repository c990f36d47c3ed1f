import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Batch } from '../../../src/event-log/port.js'
import { bareAdmin, gather, openLog, record, skip, until } from '../../support/kafka-log.js'

const some = (count: number, key = 'default:a') => Array.from({ length: count }, (_, i) => record(key, `${i}`))

t.test('a rejected batch comes again, from the same record, and the other partitions go on', { skip }, async t => {
  const { log } = await openLog(t)
  const tries: Batch[] = []
  await log.append([...some(5, 'default:bad'), ...some(5, 'default:fine')])
  const { records, subscription } = await gather(t, log, {
    handle: async batch => {
      if (batch.records[0]?.key !== 'default:bad') return
      tries.push(batch)
      if (tries.length < 4) throw new Error('not today')
    }
  })
  await until('the good key came', () => records.length >= 5 && tries.length < 4)
  t.match(subscription.trouble(), /the handler rejects/)
  await until('the bad key came', () => records.length === 10)
  t.strictSame(tries.map(({ records }) => records[0]?.offset), [0n, 0n, 0n, 0n])
  t.equal(subscription.trouble(), null)
})

t.test('startAt decides where a partition begins, whatever was committed to Kafka', { skip }, async t => {
  const { log } = await openLog(t)
  await log.append(some(10))
  const first = await gather(t, log, { group: 'same' })
  await until('all came', () => first.records.length === 10)
  await first.subscription.close()
  const partition = first.records[0]?.partition
  const again = await gather(t, log, { group: 'same', startAt: async asked => asked.partition === partition ? 4n : 'first' })
  await until('the rest came', () => again.records.length >= 6)
  t.strictSame(again.values(), ['4', '5', '6', '7', '8', '9'])
})

t.test('startAt is asked again until it answers, and nothing is handled before', { skip }, async t => {
  const { log } = await openLog(t)
  await log.append(some(3))
  let asked = 0
  const { records, subscription } = await gather(t, log, {
    startAt: async () => {
      if (++asked <= 12) throw new Error('the database is down')
      return 'first'
    }
  })
  await until('it was asked', () => asked > 0)
  t.match(subscription.trouble(), /where to start/)
  t.equal(records.length, 0)
  await until('all came', () => records.length === 3)
})

t.test('an offset that the log does not hold starts at its first record, and is said', { skip }, async t => {
  const { log, lines, topicPrefix } = await openLog(t)
  const admin = await bareAdmin(t)
  await log.append(some(6))
  const partition = (await log.bounds('calls')).find(({ end }) => end > 0n)?.partition ?? -1
  await admin.fetchTopicOffsets(`${topicPrefix}.calls`) // or kafkajs knows nothing of the topic
  await admin.deleteTopicRecords({ topic: `${topicPrefix}.calls`, partitions: [{ partition, offset: '3' }] })
  for (const offset of [1n, 100n]) {
    const { values, subscription } = await gather(t, log, { startAt: async asked => asked.partition === partition ? offset : 'first' })
    await until('what is left came', () => values().length >= 3)
    t.strictSame(values(), ['3', '4', '5'])
    await subscription.close()
  }
  t.equal(lines.filter(({ msg }) => String(msg).startsWith('the log does not hold')).length, 2)
})

t.test('a topic made anew under a running consumer is read from its first record', { skip }, async t => {
  const { log, topicPrefix } = await openLog(t)
  const admin = await bareAdmin(t)
  const topic = `${topicPrefix}.calls`
  await log.append(some(5))
  const { values } = await gather(t, log)
  await until('all came', () => values().length === 5)
  await admin.deleteTopics({ topics: [topic] })
  await admin.createTopics({ topics: [{ topic, numPartitions: 6, replicationFactor: 1 }] })
  await until('it is taken', async () => await log.append([record('default:a', 'new')]).then(() => true, () => false))
  await until('the new one came', () => values().includes('new'))
})

t.test('two groups get everything, each in its own time', { skip }, async t => {
  const { log } = await openLog(t)
  const [one, two] = await Promise.all([gather(t, log), gather(t, log)])
  await log.append(some(8))
  await until('both have all', () => one.records.length === 8 && two.records.length === 8)
  t.strictSame(one.values(), two.values())
})

t.test('members of a group share the partitions and hand them over', { skip }, async t => {
  const { log } = await openLog(t)
  const checkpoints = new Map<number, bigint>()
  const group = {
    group: 'shared',
    startAt: async ({ partition }: { partition: number }) => checkpoints.get(partition) ?? 'first' as const,
    handle: async ({ partition, records }: Batch) => { checkpoints.set(partition, (records.at(-1)?.offset ?? -1n) + 1n) }
  }
  const keys = Array.from({ length: 30 }, (_, i) => `default:${i}`)
  const one = await gather(t, log, group)
  await log.append(keys.map(key => record(key, 'first')))
  await until('one has all', () => one.records.length === 30)
  const two = await gather(t, log, group)
  await until('two is in', () => two.subscription.trouble() === null)
  await log.append(keys.map(key => record(key, 'second')))
  await until('both have all', () => one.records.length + two.records.length >= 60)
  t.ok(two.records.length > 0 && two.records.length < 30, 'shared')
  await one.subscription.close()
  await log.append(keys.map(key => record(key, 'third')))
  await until('two has the rest', () => two.values().filter(value => value === 'third').length === 30)
  t.equal(one.records.length + two.records.length, 90, 'each came once')
})

t.test('a handler slower than the session time-out stays in its group', { skip }, async t => {
  const { log, lines } = await openLog(t)
  await log.append(some(3))
  const { batches, subscription } = await gather(t, log, { handle: ({ records }) => sleep(String(records[0]?.key) === 'default:a' ? 7_500 : 0) })
  await until('the slow one is done', () => batches.length > 0)
  await log.append(some(1, 'default:b'))
  await until('the next one is done', () => batches.length > 1)
  t.equal(batches.length, 2, 'nothing came twice')
  t.equal(subscription.trouble(), null)
  t.equal(lines.filter(({ kafkajs }) => kafkajs === 'Consumer has joined the group').length, 1)
})

t.test('close waits for the batch in hand and leaves the group at once', { skip }, async t => {
  const { log } = await openLog(t)
  const admin = await bareAdmin(t)
  await log.append(some(1))
  let began = false
  const { records, subscription } = await gather(t, log, { group: 'closing', handle: async () => { began = true; await sleep(500) } })
  await until('it is in hand', () => began)
  await subscription.close()
  t.equal(records.length, 1)
  t.equal(subscription.trouble(), 'is closed')
  t.match(await admin.describeGroups(['closing']), { groups: [{ state: 'Empty' }] })
})

t.test('a subscription that is closed while it joins stays out of the group', { skip }, async t => {
  const { log } = await openLog(t)
  const admin = await bareAdmin(t)
  const { subscription } = await gather(t, log, { group: 'hasty' })
  await subscription.close()
  await sleep(500)
  t.match(await admin.describeGroups(['hasty']), { groups: [{ members: [] }] })
})
