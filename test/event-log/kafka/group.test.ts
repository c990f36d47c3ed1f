import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Batch, TopicPartition } from '../../../src/event-log/port.js'
import { eventually } from '../../support/eventually.js'
import { connectAdmin, openTestLog, skip } from '../../support/kafka-log.js'
import { tempDir } from '../../support/temp-dir.js'
import { loadCheckpoint, saveCheckpoint } from '../conformance/checkpoints.js'
import { startProgram } from '../conformance/child.js'
import { gather, record } from '../support/gather.js'

const other = fileURLToPath(new URL('../../full/conformance-kafka.test.js', import.meta.url))
t.jobs = 4 // most of it is waiting for a session to time out

const some = (count: number, key = 'default:a') => Array.from({ length: count }, (_, i) => record(key, `${i}`))

t.test('members of a group share the partitions and hand them over', { skip, buffered: true }, async t => {
  const { log, topicPrefix } = await openTestLog(t)
  const checkpoints = new Map<number, bigint>()
  const group = {
    group: topicPrefix,
    startAt: async ({ partition }: { partition: number }) => checkpoints.get(partition) ?? ('first' as const),
    handle: async ({ partition, records }: Batch) => {
      checkpoints.set(partition, (records.at(-1)?.offset ?? -1n) + 1n)
    }
  }
  const keys = Array.from({ length: 30 }, (_, i) => `default:${i}`)
  const one = await gather(t, log, group)
  await log.append(keys.map(key => record(key, 'first')))
  await eventually('the first member has everything', () => one.records.length === 30)
  const two = await gather(t, log, group)
  await eventually('the second member has joined', () => two.subscription.trouble() === null)
  await log.append(keys.map(key => record(key, 'second')))
  await eventually('both members have everything', () => one.records.length + two.records.length >= 60)
  t.ok(two.records.length > 0 && two.records.length < 30, 'shared')
  await one.subscription.close()
  await log.append(keys.map(key => record(key, 'third')))
  await eventually(
    'the second member has the rest',
    () => two.values().filter(value => value === 'third').length === 30
  )
  t.equal(one.records.length + two.records.length, 90, 'each record is delivered once')
})

t.test(
  'a handler slower than the session timeout stays in its group, and no batch is handled twice at the same time',
  { skip, buffered: true },
  async t => {
    const { log, lines } = await openTestLog(t)
    await log.append(some(3))
    let inProgress = 0
    let most = 0
    const { batches, subscription } = await gather(t, log, {
      handle: async ({ records }) => {
        if (records[0]?.key !== 'default:a') return
        most = Math.max(most, ++inProgress)
        await sleep(7_500)
        inProgress--
      }
    })
    await eventually('the slow batch is handled', () => batches.length > 0)
    await log.append(some(1, 'default:b'))
    await eventually('the next batch is handled', () => batches.length > 1)
    t.strictSame([most, batches.length], [1, 2], 'each record is delivered once')
    t.equal(subscription.trouble(), null)
    t.equal(lines.filter(({ kafkajs }) => kafkajs === 'Consumer has joined the group').length, 1)
  }
)

t.test('the partitions of a killed member are taken over at its checkpoints', { skip, buffered: true }, async t => {
  const { log, topicPrefix } = await openTestLog(t)
  const dir = tempDir(t)
  const spread = (text: string) => Array.from({ length: 30 }, (_, i) => record(`default:${i}`, text))
  const others = startProgram(t, other, 'consume', topicPrefix, topicPrefix, dir, '0')
  const handledThere = (text: string) => others.lines().filter(line => line.endsWith(` ${text}`)).length
  const startAt = async (partition: TopicPartition) => loadCheckpoint(dir, partition)
  const here = await gather(t, log, {
    group: topicPrefix,
    startAt,
    handle: async ({ topic, partition, records }) =>
      saveCheckpoint(dir, { topic, partition }, (records.at(-1)?.offset ?? -1n) + 1n)
  })
  const handledHere = (text: string) => here.values().filter(value => value === text).length
  await eventually('both members have partitions', async () => {
    await log.append(spread('early'))
    return handledHere('early') > 0 && handledThere('early') > 0
  })
  await log.append(spread('shared'))
  await eventually('both members have handled theirs', () => handledHere('shared') + handledThere('shared') >= 30)
  t.ok(handledThere('shared') > 0 && handledHere('shared') > 0, 'shared')
  await others.kill()
  await log.append(spread('after'))
  await eventually('the surviving member has everything', () => handledHere('after') === 30)
  t.ok(handledHere('shared') + handledThere('shared') <= 60, 'only the batches in progress are delivered again')
})

t.test('close waits for the batch in progress and leaves the group at once', { skip, buffered: true }, async t => {
  const { log, topicPrefix: group } = await openTestLog(t)
  const admin = await connectAdmin(t)
  await log.append(some(1))
  let began = false
  const { records, subscription } = await gather(t, log, {
    group,
    handle: async () => {
      began = true
      await sleep(500)
    }
  })
  await eventually('the batch is in progress', () => began)
  await subscription.close()
  t.equal(records.length, 1)
  t.equal(subscription.trouble(), 'is closed')
  t.match(await admin.describeGroups([group]), { groups: [{ state: 'Empty' }] })
})

t.test('a subscription that is closed while joining does not stay in the group', { skip, buffered: true }, async t => {
  const { log, topicPrefix: group } = await openTestLog(t)
  const admin = await connectAdmin(t)
  const { subscription } = await gather(t, log, { group })
  await subscription.close()
  await sleep(500)
  t.match(await admin.describeGroups([group]), { groups: [{ members: [] }] })
})
