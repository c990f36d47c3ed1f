import t from 'tap'
import { isRefusedForGood } from '../../../src/event-log/kafka/errors.js'
import { MAX_PARTITION_BYTES } from '../../../src/event-log/kafka/requests.js'
import { eventually } from '../../support/eventually.js'
import { bareAdmin, bareProducer, makeTopic, openLog, skip } from '../../support/kafka-log.js'
import { gather, record } from '../support/gather.js'

t.test('what is appended comes back with key, value and headers, in order per key', { skip }, async t => {
  const { log } = await openLog(t)
  const keys = ['default:a', 'default:b', 'default:c']
  await Promise.all(Array.from({ length: 60 }, (_, i) => log.append([record(keys[i % 3] ?? '', `${i}`, { ce_id: `id-${i}`, name: 'Zoë' })])))
  const { records } = await gather(t, log)
  await eventually('all came', () => records.length === 60)
  for (const key of keys) {
    const own = records.filter(record => record.key === key)
    const numbers = own.map(({ value }) => Number(value))
    t.equal(new Set(own.map(({ partition }) => partition)).size, 1, 'in one partition')
    t.strictSame(numbers, [...numbers].sort((a, b) => a - b))
  }
  const seventh = records.find(({ value }) => String(value) === '7')
  t.match(seventh, { topic: 'calls', key: 'default:b', headers: { ce_id: 'id-7', name: 'Zoë' } })
  t.type(seventh?.offset, 'bigint')
})

t.test('a key lands where kafkajs and Java would put it', { skip }, async t => {
  const { log, topicPrefix } = await openLog(t)
  const producer = await bareProducer(t)
  const keys = Array.from({ length: 40 }, (_, i) => `account:${i}-é`)
  await log.append(keys.map(key => record(key, 'ours')))
  await producer.send({ topic: `${topicPrefix}.calls`, messages: keys.map(key => ({ key, value: 'theirs' })) })
  const { records } = await gather(t, log)
  await eventually('all came', () => records.length === 80)
  for (const key of keys) t.equal(new Set(records.filter(record => record.key === key).map(({ partition }) => partition)).size, 1, key)
  t.equal(new Set(records.map(({ partition }) => partition)).size, 6, 'all partitions are used')
})

t.test('an append larger than a request is cut and arrives whole', { skip }, async t => {
  const { log } = await openLog(t)
  const large = Buffer.alloc(100_000, 'x')
  await log.append(Array.from({ length: 30 }, (_, i) => record('default:one', Buffer.concat([Buffer.from(`${i} `), large]))))
  const { records } = await gather(t, log)
  await eventually('all came', () => records.length === 30)
  t.strictSame(records.map(({ value }) => Number.parseInt(String(value), 10)), Array.from({ length: 30 }, (_, i) => i))
  t.ok(30 * large.length > 5 * MAX_PARTITION_BYTES)
})

t.test('a record that Kafka refuses rejects its append, with the cause, and the next one is stored', { skip }, async t => {
  const { log } = await openLog(t)
  const error = await log.append([record('default:a', Buffer.alloc(3 * 1024 * 1024))]).catch(err => err)
  t.match(error, { code: 'MCS_NOT_STORED', cause: { type: 'MESSAGE_TOO_LARGE' } })
  t.ok(isRefusedForGood(error), 'and another try would be in vain')
  t.type(log.trouble(), 'string')
  await log.append([record('default:a', 'small')])
  t.equal(log.trouble(), null)
})

t.test('what others produce is read without key, value, or with headers of any kind', { skip }, async t => {
  const { log, topicPrefix } = await openLog(t)
  const producer = await bareProducer(t)
  const headers = { one: Buffer.from('1'), two: ['a', 'b'] }
  const messages = [{ value: null, partition: 0 }, { value: 'v', partition: 0, headers }]
  await producer.send({ topic: `${topicPrefix}.calls`, messages })
  const { records } = await gather(t, log)
  await eventually('both came', () => records.length === 2)
  t.match(records[0], { key: null, value: null, headers: {} })
  t.strictSame(records[1]?.headers, { one: '1', two: 'b' })
})

t.test('a topic made anew with fewer partitions fails an append and then takes it', { skip }, async t => {
  const { log, topicPrefix } = await openLog(t)
  const admin = await bareAdmin(t)
  const topic = `${topicPrefix}.calls`
  const records = Array.from({ length: 40 }, (_, i) => record(`default:${i}`, `${i}`))
  await log.append(records)
  await makeTopic(admin, { topic, numPartitions: 1 })
  await t.rejects(log.append(records), { code: 'MCS_NOT_STORED' })
  await log.append(records)
  t.match(await log.bounds('calls'), [{ partition: 0, first: 0n }])
  t.ok(((await log.bounds('calls'))[0]?.end ?? 0n) >= 40n)
})

t.test('close stores what is queued and refuses what comes later', { skip }, async t => {
  const { log, topicPrefix } = await openLog(t)
  const queued = Array.from({ length: 20 }, (_, i) => log.append([record('default:a', `${i}`)]))
  const closed = log.close()
  await t.rejects(log.append([record('default:a', 'late')]), { code: 'MCS_LOG_CLOSED' })
  await Promise.all([...queued, closed])
  await t.rejects(log.subscribe({ group: 'g', topics: ['calls'], startAt: async () => 'first', handle: async () => {} }), { code: 'MCS_LOG_CLOSED' })
  const again = await openLog(t, { topicPrefix })
  const ends = (await again.log.bounds('calls')).map(({ end }) => end)
  t.equal(ends.reduce((sum, end) => sum + end, 0n), 20n)
})

t.test('the log knows its cluster and its bounds', { skip }, async t => {
  const { log } = await openLog(t)
  t.match(await log.id(), /^[\w-]{22}$/)
  t.strictSame(await log.bounds('calls'), Array.from({ length: 6 }, (_, partition) => ({ partition, first: 0n, end: 0n })))
})
