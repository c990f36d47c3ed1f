import t from 'tap'
import { isRefusedForGood } from '../../../src/event-log/kafka/errors.js'
import { eventually } from '../../support/eventually.js'
import { connectAdmin, connectProducer, openTestLog, recreateTopic, skip } from '../../support/kafka-log.js'
import { gather, record } from '../support/gather.js'

t.test('a key is assigned to the same partition as by kafkajs and Java', { skip }, async t => {
  const { log, topicPrefix } = await openTestLog(t)
  const producer = await connectProducer(t)
  const keys = Array.from({ length: 40 }, (_, i) => `account:${i}-é`)
  await log.append(keys.map(key => record(key, 'ours')))
  await producer.send({ topic: `${topicPrefix}.calls`, messages: keys.map(key => ({ key, value: 'theirs' })) })
  const { records } = await gather(t, log)
  await eventually('all records arrive', () => records.length === 80)
  for (const key of keys)
    t.equal(new Set(records.filter(record => record.key === key).map(({ partition }) => partition)).size, 1, key)
  t.equal(new Set(records.map(({ partition }) => partition)).size, 6, 'every partition is used')
})

t.test(
  'a record that Kafka refuses rejects its append with the cause, and the next append succeeds',
  { skip },
  async t => {
    const { log } = await openTestLog(t)
    const error = await log.append([record('default:a', Buffer.alloc(3 * 1024 * 1024))]).catch(err => err)
    t.match(error, { code: 'MCS_NOT_STORED', cause: { type: 'MESSAGE_TOO_LARGE' } })
    t.ok(isRefusedForGood(error), 'a retry would be useless')
    t.type(log.trouble(), 'string')
    await log.append([record('default:a', 'small')])
    t.equal(log.trouble(), null)
  }
)

t.test('records of other producers are read without key or value and with any headers', { skip }, async t => {
  const { log, topicPrefix } = await openTestLog(t)
  const producer = await connectProducer(t)
  const headers = { one: Buffer.from('1'), two: ['a', 'b'] }
  const messages = [
    { value: null, partition: 0 },
    { value: 'v', partition: 0, headers }
  ]
  await producer.send({ topic: `${topicPrefix}.calls`, messages })
  const { records } = await gather(t, log)
  await eventually('both records arrive', () => records.length === 2)
  t.match(records[0], { key: null, value: null, headers: {} })
  t.strictSame(records[1]?.headers, { one: '1', two: 'b' })
})

t.test('a topic re-created with fewer partitions fails one append and accepts the next', { skip }, async t => {
  const { log, topicPrefix } = await openTestLog(t)
  const admin = await connectAdmin(t)
  const topic = `${topicPrefix}.calls`
  const records = Array.from({ length: 40 }, (_, i) => record(`default:${i}`, `${i}`))
  await log.append(records)
  await recreateTopic(admin, { topic, numPartitions: 1 })
  await t.rejects(log.append(records), { code: 'MCS_NOT_STORED' })
  await log.append(records)
  t.match(await log.bounds('calls'), [{ partition: 0, first: 0n }])
  t.ok(((await log.bounds('calls'))[0]?.end ?? 0n) >= 40n)
})
