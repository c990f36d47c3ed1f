import { randomUUID } from 'node:crypto'
import t from 'tap'
import { describeKafkaError } from '../../../src/event-log/kafka/errors.js'
import { settingsOf, weakSettings } from '../../../src/event-log/kafka/topics.js'
import type { EventLog } from '../../../src/event-log/port.js'
import { TOPICS } from '../../../src/events/topics.js'
import { eventually } from '../../support/eventually.js'
import { connectAdmin, openTestLog, recreateTopic, skip } from '../../support/kafka-log.js'
import { gather, record } from '../support/gather.js'

t.test('missing topics are created with our settings and raise no alarm at the next start', { skip }, async t => {
  const { topicPrefix } = await openTestLog(t)
  const admin = await connectAdmin(t)
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: 2, name: `${topicPrefix}.unclassified` }]
  })
  const made = Object.fromEntries(
    resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? []
  )
  t.match(made, {
    'retention.ms': '2592000000',
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': '2097152',
    'flush.messages': '1'
  })
  const { topics } = await admin.fetchTopicMetadata({ topics: [`${topicPrefix}.calls`] })
  t.equal(topics[0]?.partitions.length, 6)
  const { lines } = await openTestLog(t, { topicPrefix })
  t.strictSame(
    lines.filter(({ alarm }) => alarm),
    []
  )
})

t.test('each weaker setting of an existing topic raises an alarm', { skip }, async t => {
  const admin = await connectAdmin(t)
  const topicPrefix = `t-${randomUUID()}`
  const configEntries = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'retention.ms', value: '1000' }
  ]
  await recreateTopic(admin, { topic: `${topicPrefix}.calls`, numPartitions: 1, configEntries })
  const { lines, log } = await openTestLog(t, { topicPrefix })
  const alarms = lines.filter(({ alarm }) => alarm === 'topic-settings')
  const weak = ['cleanup.policy', 'flush.messages', 'max.message.bytes', 'message.timestamp.type', 'retention.ms']
  t.strictSame(alarms.map(({ setting }) => setting).sort(), weak)
  t.ok(
    alarms.every(
      ({ topic, level, msg }) =>
        topic === `${topicPrefix}.calls` && level === 50 && msg === 'a setting of a topic is weaker than required'
    )
  )
  await log.append([record('default:a', 'x')])
})

t.test('without KAFKA_CREATE_TOPICS a missing topic is reported in one line', { skip }, async t => {
  const topicPrefix = `t-${randomUUID()}`
  const missing = TOPICS.map(topic => `${topicPrefix}.${topic}`).join(', ')
  const message = (advice: string) => `Kafka: missing topics: ${missing}; ${advice}, or check KAFKA_TOPIC_PREFIX`
  await t.rejects(openTestLog(t, { topicPrefix, createTopics: false }), {
    code: 'MCS_KAFKA',
    message: message('create them, set KAFKA_CREATE_TOPICS=true')
  })
  await t.rejects(openTestLog(t, { topicPrefix, consumeOnly: true }), {
    code: 'MCS_KAFKA',
    message: message('start the service, which creates them')
  })
})

t.test('a topic that is deleted is created again without a restart, if that is allowed', { skip }, async t => {
  const admin = await connectAdmin(t)
  const { log, topicPrefix, lines } = await openTestLog(t)
  const forbidden = await openTestLog(t, { topicPrefix, createTopics: false })
  const { values, subscription } = await gather(t, log)
  await log.append([record('default:a', 'before')])
  await eventually('it is read', () => values().includes('before'), 30_000)
  await eventually('nothing is wrong', () => subscription.trouble() === null, 30_000)
  await admin.deleteTopics({ topics: TOPICS.map(topic => `${topicPrefix}.${topic}`) })
  const append = (to: EventLog) =>
    to.append([record('default:a', 'after')]).then(
      () => true,
      () => false
    )
  await eventually('the records are refused', async () => !(await append(forbidden.log)), 30_000)
  await eventually('the topics are created, and records accepted', () => append(log), 60_000)
  await eventually('they are read', () => values().includes('after'), 60_000)
  await eventually('reading has no trouble', () => subscription.trouble() === null, 30_000)
  t.ok(lines.some(({ msg }) => msg === 'topics do not exist any more, and are created again'))
})

t.test('the message about a missing topic fits the configuration', async t => {
  const missing = Object.assign(new Error('This server does not host it'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })
  t.equal(describeKafkaError(missing, { createTopics: true }), 'a topic does not exist: it is created again')
  t.match(describeKafkaError(missing, { createTopics: false }), /create it, or set KAFKA_CREATE_TOPICS=true/)
})

t.test('a process that only reads cannot append', { skip }, async t => {
  const { topicPrefix } = await openTestLog(t)
  const { log } = await openTestLog(t, { topicPrefix, createTopics: false, consumeOnly: true })
  await t.rejects(log.append([record('default:a', 'x')]), { code: 'MCS_NOT_STORED' })
})

t.test('two processes may create the topics at the same time', { skip }, async t => {
  const topicPrefix = `t-${randomUUID()}`
  const logs = await Promise.all([1, 2, 3].map(() => openTestLog(t, { topicPrefix })))
  await Promise.all(logs.map(({ log }) => log.append([record('default:a', 'x')])))
})

const refused = [
  {
    name: 'more replicas than there are brokers',
    size: { replicationFactor: 20 },
    line: /^too few brokers are running for the replication factor/
  },
  {
    name: 'more partitions than a cluster makes at once',
    size: { numPartitions: 10_001 },
    line: /^the brokers refuse to create a topic with our settings \(POLICY_VIOLATION\): create it/
  },
  {
    name: 'no partition at all',
    size: { numPartitions: -5 },
    line: /^the brokers refuse to create .* \(INVALID_PARTITIONS\)/
  },
  {
    name: 'a setting out of range',
    size: { configEntries: [{ name: 'retention.ms', value: '-7' }] },
    line: /^the brokers refuse to create .* \(INVALID_CONFIG\)/
  }
]
for (const { name, size, line } of refused) {
  t.test(`reports in one line that the brokers refuse ${name}`, { skip }, async t => {
    const admin = await connectAdmin(t)
    const error = await admin
      .createTopics({ waitForLeaders: false, topics: [{ topic: `t-${randomUUID()}`, ...size }] })
      .catch(err => err)
    t.match(describeKafkaError(error), line)
    t.notMatch(describeKafkaError(error), /\n/)
  })
}

t.test('topics with three replicas need two in sync, and fewer replicas flush each record', async t => {
  t.match(settingsOf(3), { 'min.insync.replicas': '2', 'flush.messages': undefined })
  t.match(settingsOf(1), { 'min.insync.replicas': undefined, 'flush.messages': '1' })
})

const ours = {
  ...settingsOf(3),
  'retention.bytes': '-1',
  'compression.type': 'producer',
  'unclean.leader.election.enable': 'false',
  'flush.messages': '9223372036854775807'
}
const weaknesses = [
  { name: 'nothing', weak: {}, found: [] },
  { name: 'endless retention', weak: { 'retention.ms': '-1' }, found: [] },
  { name: 'a limit in bytes', weak: { 'retention.bytes': '1000000' }, found: ['retention.bytes'] },
  { name: 'one replica in sync', weak: { 'min.insync.replicas': '1' }, found: ['min.insync.replicas'] },
  { name: 'a codec that kafkajs lacks', weak: { 'compression.type': 'zstd' }, found: ['compression.type'] },
  { name: 'compaction as well', weak: { 'cleanup.policy': 'compact,delete' }, found: ['cleanup.policy'] },
  {
    name: 'unclean elections',
    weak: { 'unclean.leader.election.enable': 'true' },
    found: ['unclean.leader.election.enable']
  }
]
for (const { name, weak, found } of weaknesses) {
  t.test(`reports weak settings: ${name}`, async t => t.strictSame(weakSettings({ ...ours, ...weak }, 3, 3), found))
}

t.test('a lower replication factor than the cluster allows is reported', async t => {
  t.strictSame(weakSettings({ ...ours, 'flush.messages': '1' }, 1, 3), ['replication.factor'])
  t.strictSame(weakSettings(ours, 2, 2), ['flush.messages'])
})
