import path from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import t from 'tap'
import { startChild } from '../support/child.js'
import { eventually, isRunning } from '../support/eventually.js'
import { startKafka } from '../support/kafka.js'
import { kafkaForTest, needsKafka } from '../support/kafka-for-test.js'
import { tempDir } from '../support/temp-dir.js'

const SHORT_TIMEOUTS = {
  logLevel: logLevel.NOTHING,
  connectionTimeout: 1000,
  requestTimeout: 800,
  retry: { retries: 0 }
}
const USER = { username: 'alice', password: 'first-secret' }

t.test('the broker of the run accepts a record', needsKafka, async t => {
  const { brokers, topicPrefix } = kafkaForTest(t)
  const topic = `${topicPrefix}calls`
  await createTopic(new Kafka({ ...SHORT_TIMEOUTS, brokers, requestTimeout: 5000 }), topic)
  t.equal(await send(new Kafka({ ...SHORT_TIMEOUTS, brokers, requestTimeout: 5000 }), topic), 'sent')
})

t.test('a broker with SASL', needsKafka, async t => {
  const broker = await startKafka({ dir: tempDir(t), sasl: USER, extra: ['message.max.bytes=2000'] })
  t.teardown(broker.stop)
  // kafkajs caches the user per options object, so each client gets a new object
  const client = (sasl = USER) =>
    new Kafka({
      ...SHORT_TIMEOUTS,
      brokers: broker.brokers,
      ssl: { ca: [broker.ca ?? ''] },
      sasl: { mechanism: 'scram-sha-512', ...sasl }
    })
  await createTopic(client(), 'calls')

  await t.test('accepts its user and rejects others', async t => {
    t.equal(await send(client(), 'calls'), 'sent')
    t.match(await send(client({ ...USER, password: 'another' }), 'calls'), /invalid credentials/)
  })

  await t.test('applies the additional properties', async t => {
    t.match(await send(client(), 'calls', 'x'.repeat(3000)), /larger than the max message size/)
  })

  await t.test('does not respond while it is frozen, and continues when it thaws', async t => {
    await broker.freeze()
    t.match(await send(client(), 'calls'), /timed? ?out/i)
    await broker.thaw()
    t.equal(await send(client(), 'calls'), 'sent')
  })

  await t.test('exits when it is stopped, and has its topics after a restart', async t => {
    const [pid = 0] = broker.pids
    await broker.stopNode()
    t.equal(isRunning(pid), false)
    t.strictSame(broker.pids, [])
    t.match(await send(client(), 'calls'), /ECONNREFUSED/)
    await broker.restart()
    t.equal(await send(client(), 'calls'), 'sent')
  })
})

t.test('SIGKILL of the owner ends even a frozen broker', needsKafka, async t => {
  const owner = await startChild(t, 'kafka-process', path.join(tempDir(t), 'kafka'))
  const pid = Number(owner.line)
  t.equal(isRunning(pid), true)
  await owner.kill()
  await eventually('the broker has exited', () => !isRunning(pid))
})

async function createTopic(kafka: Kafka, topic: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic }] })
  await admin.disconnect()
}

/** Returns "sent", or the error. */
async function send(kafka: Kafka, topic: string, value = 'hello'): Promise<string> {
  const producer = kafka.producer()
  try {
    await producer.connect()
    await producer.send({ topic, messages: [{ value }] })
    return 'sent'
  } catch (err) {
    return String(err)
  } finally {
    await producer.disconnect()
  }
}
