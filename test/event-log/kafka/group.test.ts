import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Batch } from '../../../src/event-log/port.js'
import { eventually } from '../../support/eventually.js'
import { bareAdmin, openLog, skip } from '../../support/kafka-log.js'
import { gather, record } from '../support/gather.js'

const some = (count: number, key = 'default:a') => Array.from({ length: count }, (_, i) => record(key, `${i}`))

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
  await eventually('one has all', () => one.records.length === 30)
  const two = await gather(t, log, group)
  await eventually('two is in', () => two.subscription.trouble() === null)
  await log.append(keys.map(key => record(key, 'second')))
  await eventually('both have all', () => one.records.length + two.records.length >= 60)
  t.ok(two.records.length > 0 && two.records.length < 30, 'shared')
  await one.subscription.close()
  await log.append(keys.map(key => record(key, 'third')))
  await eventually('two has the rest', () => two.values().filter(value => value === 'third').length === 30)
  t.equal(one.records.length + two.records.length, 90, 'each came once')
})

t.test('a handler slower than the session time-out stays in its group', { skip }, async t => {
  const { log, lines } = await openLog(t)
  await log.append(some(3))
  const { batches, subscription } = await gather(t, log, { handle: ({ records }) => sleep(String(records[0]?.key) === 'default:a' ? 7_500 : 0) })
  await eventually('the slow one is done', () => batches.length > 0)
  await log.append(some(1, 'default:b'))
  await eventually('the next one is done', () => batches.length > 1)
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
  await eventually('it is in hand', () => began)
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
