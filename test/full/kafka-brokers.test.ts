import path from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import t from 'tap'
import { startChild } from '../support/child.js'
import { eventually, isRunning } from '../support/eventually.js'
import { startKafka } from '../support/kafka.js'
import { kafkaForTest, needsKafka } from '../support/kafka-for-test.js'
import { tempDir } from '../support/temp-dir.js'

const IMPATIENT = { logLevel: logLevel.NOTHING, connectionTimeout: 1000, requestTimeout: 800, retry: { retries: 0 } }
const USER = { username: 'alice', password: 'first-secret' }

t.test('the broker of the run takes a record', needsKafka, async t => {
  const { brokers, topicPrefix } = kafkaForTest(t)
  const topic = `${topicPrefix}calls`
  await createTopic(new Kafka({ ...IMPATIENT, brokers, requestTimeout: 5000 }), topic)
  t.equal(await send(new Kafka({ ...IMPATIENT, brokers, requestTimeout: 5000 }), topic), 'sent')
})

t.test('a broker with SASL', needsKafka, async t => {
  const broker = await startKafka({ dir: tempDir(t), sasl: USER, extra: ['message.max.bytes=2000'] })
  t.teardown(broker.stop)
  // kafkajs remembers the first user of an object that it was given: each client gets a new one
  const client = (sasl = USER) =>
    new Kafka({
      ...IMPATIENT,
      brokers: broker.brokers,
      ssl: { ca: [broker.ca ?? ''] },
      sasl: { mechanism: 'scram-sha-512', ...sasl }
    })
  await createTopic(client(), 'calls')

  await t.test('knows its user, and refuses others', async t => {
    t.equal(await send(client(), 'calls'), 'sent')
    t.match(await send(client({ ...USER, password: 'another' }), 'calls'), /invalid credentials/)
  })

  await t.test('takes the lines that were added to its properties', async t => {
    t.match(await send(client(), 'calls', 'x'.repeat(3000)), /larger than the max message size/)
  })

  await t.test('answers nothing while it is frozen, and goes on when it thaws', async t => {
    await broker.freeze()
    t.match(await send(client(), 'calls'), /timed? ?out/i)
    await broker.thaw()
    t.equal(await send(client(), 'calls'), 'sent')
  })

  await t.test('is gone when it was stopped, and has its topics when it starts again', async t => {
    const [pid = 0] = broker.pids
    await broker.stopNode()
    t.equal(isRunning(pid), false)
    t.strictSame(broker.pids, [])
    t.match(await send(client(), 'calls'), /ECONNREFUSED/)
    await broker.restart()
    t.equal(await send(client(), 'calls'), 'sent')
  })
})

t.test('SIGKILL of the owner takes even a frozen broker along', needsKafka, async t => {
  const owner = await startChild(t, 'kafka-process', path.join(tempDir(t), 'kafka'))
  const pid = Number(owner.line)
  t.equal(isRunning(pid), true)
  await owner.kill()
  await eventually('the broker is gone', () => !isRunning(pid))
})

async function createTopic(kafka: Kafka, topic: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic }] })
  await admin.disconnect()
}

/** "sent", or why it was not. */
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
