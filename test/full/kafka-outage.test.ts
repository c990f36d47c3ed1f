import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { isRefusedForGood } from '../../src/event-log/kafka/errors.js'
import type { EventLog, LogRecord } from '../../src/event-log/port.js'
import { readAll } from '../event-log/conformance/read-all.js'
import { gather, record } from '../event-log/support/gather.js'
import { eventually } from '../support/eventually.js'
import { type Kafka, kafkaUnavailable, startKafka } from '../support/kafka.js'
import { connectAdmin, openTestLog, skip } from '../support/kafka-log.js'
import { tempDir } from '../support/temp-dir.js'

const noBroker = kafkaUnavailable() ?? false
t.jobs = 2

t.test('a broker for these tests alone', { skip: noBroker, buffered: true, timeout: 80_000 }, async t => {
  const kafka = await startKafka({ dir: tempDir(t) })
  t.teardown(() => kafka.stop())
  await t.test('an append to a frozen broker is rejected in time and accepted after it continues', t =>
    frozen(t, kafka)
  )
  await t.test(
    'an append to a killed broker is rejected at once and accepted after a restart, and no acknowledged record is lost',
    t => killed(t, kafka)
  )
  await t.test('its id differs from that of another cluster', { skip }, async t => {
    const logs = await Promise.all([openTestLog(t), openTestLog(t, { brokers: kafka.brokers })])
    const [one, two] = await Promise.all(logs.map(({ log }) => log.id()))
    t.not(one, two)
  })
})

t.test('a consumer that crashed for good is replaced', { skip, buffered: true }, async t => {
  const { log, topicPrefix, lines } = await openTestLog(t)
  const admin = await connectAdmin(t)
  const topic = `${topicPrefix}.calls`
  const compress = (value: string) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: topic, configEntries: [{ name: 'compression.type', value }] }]
    })
  const { values, subscription } = await gather(t, log)
  await log.append([record('default:a', 'before')])
  await eventually('the first record arrives', () => values().length === 1)

  const crashes = () => lines.filter(({ msg }) => msg === 'the Kafka consumer has stopped and is replaced').length
  await compress('lz4') // the broker itself makes the records unreadable, a moment later
  await eventually(
    'the consumer has crashed twice',
    () => crashes() >= 2 || log.append([record('default:a', 'x')]).then(() => false)
  )
  t.match(subscription.trouble(), /unsupported compression codec/)

  await compress('uncompressed')
  await eventually('the last record arrives', async () => {
    await log.append([record('default:a', 'after')])
    const { partition, end } = (await log.bounds('calls')).find(({ end }) => end > 0n) ?? { partition: 0, end: 1n }
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(end - 1n) }] })
    await sleep(500)
    return values().includes('after')
  })
  await eventually('the trouble is over', () => subscription.trouble() === null)
})

t.test('an unreachable broker in the list is skipped', { skip }, async t => {
  const { log } = await openTestLog(t, {
    brokers: ['127.0.0.1:9', ...(process.env.TEST_KAFKA_BROKERS?.split(',') ?? [])]
  })
  await log.append([record('default:a', 'x')])
  const { values } = await gather(t, log)
  await eventually('the record arrives', () => values().length === 1)
})

async function frozen(t: Test, kafka: Kafka): Promise<void> {
  const { log } = await openTestLog(t, { brokers: kafka.brokers })
  const { values, subscription } = await gather(t, log)
  await log.append([record('default:a', 'before')])
  await eventually('the record arrives', () => values().length === 1)
  await kafka.freeze()
  for (const what of ['sent on the old connection', 'sent on a new one']) {
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => log.append([record('default:a', what)])))
    t.ok(
      all.every(result => result.status === 'rejected' && !isRefusedForGood(result.reason)),
      what
    )
  }
  t.match(log.trouble(), /did not respond in time/)
  await kafka.thaw()
  const thawed = performance.now()
  // Its controller was frozen too, finds it overdue, and takes the leaders from it for a moment.
  await eventually('an append succeeds', () =>
    log.append(ofEveryPartition('after')).then(
      () => true,
      () => false
    )
  )
  t.comment(`taken ${Math.round(performance.now() - thawed)} ms after the thaw`)
  t.equal(log.trouble(), null)
  await eventually('the new record arrives', () => values().includes('after'))
  await eventually('the consumer has recovered', () => subscription.trouble() === null)
}

async function killed(t: Test, kafka: Kafka): Promise<void> {
  const { log } = await openTestLog(t, { brokers: kafka.brokers })
  const { values, subscription } = await gather(t, log)
  await log.append([record('default:a', 'before')])
  await eventually('the record arrives', () => values().length === 1)
  const acknowledged: string[] = []
  const writing = Promise.all(Array.from({ length: 20 }, (_, writer) => appendUntilRefused(log, writer, acknowledged)))
  await eventually('many appends are acknowledged', () => acknowledged.length > 300)
  await kafka.kill()
  await writing
  for (let i = 0; i < 3; i++) {
    await t.rejects(log.append([record('default:a', 'lost')]), { code: 'MCS_NOT_STORED' })
  }
  t.match(log.trouble(), /refuses connections: .*KAFKA_BROKERS/)
  await t.rejects(log.id(), { code: 'MCS_KAFKA' })
  await kafka.restart()
  const up = performance.now()
  await eventually('an append succeeds', () =>
    log.append(ofEveryPartition('after')).then(
      () => true,
      () => false
    )
  )
  t.comment(`taken ${Math.round(performance.now() - up)} ms after the restart`)
  const stored = new Set((await readAll(t, log)).map(({ value }) => String(value)))
  t.strictSame(
    acknowledged.filter(text => !stored.has(text)),
    [],
    `nothing of ${acknowledged.length} is missing`
  )
  await eventually('the new record arrives', () => values().includes('after'), 20_000)
  t.comment(`consumed ${Math.round(performance.now() - up)} ms after the restart`)
  await eventually('the consumer has recovered', () => subscription.trouble() === null)
}

/** Each has a leader again in its own time. */
function ofEveryPartition(value: string): LogRecord[] {
  return Array.from({ length: 40 }, (_, i) => record(`default:${i}`, value))
}

async function appendUntilRefused(log: EventLog, writer: number, acknowledged: string[]): Promise<void> {
  try {
    for (let n = 0; ; n++) {
      await log.append([record(`writer:${writer}`, `${writer}-${n}`)])
      acknowledged.push(`${writer}-${n}`)
    }
  } catch {
    // the broker is gone
  }
}
