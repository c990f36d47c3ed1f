import t from 'tap'
import {
  MAX_PARTITION_BYTES,
  MAX_PARTITION_RECORDS,
  splitIntoRequests,
  unconfirmedPartitions
} from '../../../src/event-log/kafka/requests.js'
import type { LogRecord } from '../../../src/event-log/port.js'

const record = (sizeBytes: number, topic: LogRecord['topic'] = 'calls'): LogRecord => {
  return { topic, key: 'k', value: Buffer.alloc(sizeBytes), headers: {} }
}
const placed = (sizes: number[], partition = 0) => sizes.map(size => ({ record: record(size), partition }))
const nameOf = (topic: string) => `p.${topic}`

t.test('small records form one request', async t => {
  t.equal(splitIntoRequests([...placed([10, 10]), ...placed([10], 1)]).length, 1)
  t.strictSame(splitIntoRequests([]), [])
})

t.test('no request exceeds the limit of a partition, and no record is lost or reordered', async t => {
  const sizes = Array.from({ length: 40 }, (_, i) => 1_000 * ((i * 37) % 100))
  const records = [...placed(sizes), ...placed(sizes, 1)]
  const requests = splitIntoRequests(records)
  for (const partition of [0, 1]) {
    const parts = requests.map(request => request.filter(item => item.partition === partition))
    t.ok(parts.every(part => part.reduce((sum, { record }) => sum + record.value.byteLength, 0) <= MAX_PARTITION_BYTES))
    t.strictSame(
      parts.flat(),
      records.filter(item => item.partition === partition)
    )
  }
  t.ok(requests.length >= 4)
})

t.test('a record above the limit is sent alone, and the number of records per request is limited', async t => {
  t.strictSame(
    splitIntoRequests(placed([10, MAX_PARTITION_BYTES * 3, 10])).map(request => request.length),
    [1, 1, 1]
  )
  t.strictSame(
    splitIntoRequests(placed(Array(MAX_PARTITION_RECORDS + 1).fill(1))).map(request => request.length),
    [MAX_PARTITION_RECORDS, 1]
  )
})

const request = [
  ...placed([1, 1]),
  { record: record(1), partition: 2 },
  { record: record(1, 'unclassified'), partition: 0 }
]
const ok = (topicName: string, partition: number, errorCode = 0) => ({
  topicName,
  partition,
  errorCode,
  baseOffset: '7'
})
const answers = [
  { name: 'all of them', answer: [ok('p.calls', 0), ok('p.calls', 2), ok('p.unclassified', 0)], open: [] },
  {
    name: 'nothing at all',
    answer: [],
    open: [
      ['calls', 0],
      ['calls', 2],
      ['unclassified', 0]
    ]
  },
  { name: 'all but one partition', answer: [ok('p.calls', 0), ok('p.unclassified', 0)], open: [['calls', 2]] },
  {
    name: 'the partition of another topic',
    answer: [ok('p.calls', 0), ok('p.calls', 2), ok('p.other', 0)],
    open: [['unclassified', 0]]
  },
  {
    name: 'an error in one',
    answer: [ok('p.calls', 0), ok('p.calls', 2, 19), ok('p.unclassified', 0)],
    open: [['calls', 2]]
  },
  {
    name: 'a partition twice, once with an error',
    answer: [ok('p.calls', 0), ok('p.calls', 0, 3), ok('p.calls', 2), ok('p.unclassified', 0)],
    open: [['calls', 0]]
  }
]
for (const { name, answer, open } of answers) {
  t.test(`a response that confirms ${name}`, async t => {
    t.strictSame(
      unconfirmedPartitions(request, answer, nameOf).map(({ topic, partition }) => [topic, partition]),
      open
    )
  })
}
