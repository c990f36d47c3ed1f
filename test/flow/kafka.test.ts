import path from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import t from 'tap'
import { openLocalLog } from '../../src/event-log/local/local-log.js'
import { encodeEvent } from '../../src/events/record.js'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { freshDatabase } from '../support/database.js'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { kafkaForTest, needsKafka } from '../support/kafka-for-test.js'
import { randomSecrets, runCommand, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'
import { assertOutputHasNoSecrets, postsAndReads, untilAllProjected } from './flow.js'

t.test(
  'with Kafka and Postgres, posted notifications are read back as calls, and by a plain consumer',
  needsKafka,
  async t => {
    const kafka = kafkaForTest(t)
    const { brokers, topicPrefix } = kafka
    const { pool, url } = await freshDatabase(t)
    const environment = { DATA_DIR: tempDir(t), ...kafka.environment, DATABASE_URL: url, ...randomSecrets() }
    const service = await startServiceProcess(t, { ...environment, LOG_LEVEL: 'debug' })
    await postsAndReads(t, service)
    t.equal((await pool.query('select from events')).rowCount, 13, 'each event is stored once')

    const ids = await consumeIds(brokers, `${topicPrefix}.calls`, 26)
    t.equal(new Set(ids).size, 13, 'a plain consumer sees 13 distinct ce_ids')
    const tail = await runCommand(['tail', '--from-beginning', '--topic', 'calls', '--count', '26'], environment)
    const lines = tail.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { topic: string; headers: { ce_id: string } })
    t.strictSame(new Set(lines.map(line => line.headers.ce_id)), new Set(ids), 'tail prints the same ids')
    t.ok(lines.every(line => line.topic === `${topicPrefix}.calls`))

    await service.end('SIGKILL')
    const next = await startServiceProcess(t, environment)
    await untilAllProjected(next)
    t.equal(await next.post({ hello: 1 }), 200)
    await eventually(
      'the next process continues to project',
      async () => (await pool.query("select from events where kind = 'unclassified'")).rowCount === 1,
      20_000
    )
    t.equal(await next.end('SIGTERM'), 0, 'the service exits with code 0')
    assertOutputHasNoSecrets(t, service)
  }
)

t.test('an installation that moves from the local log to Kafka loses nothing', needsKafka, async t => {
  const { groupId, environment } = kafkaForTest(t)
  const DATA_DIR = tempDir(t)
  const local = await startServiceProcess(t, { DATA_DIR, KAFKA_GROUP_ID: groupId })
  for (const notification of DOCUMENTED_NOTIFICATIONS.slice(0, 5)) t.equal(await local.post(notification), 200)
  await local.end('SIGKILL')
  const log = await openLocalLog({ dir: path.join(DATA_DIR, 'log') })
  for (const notification of DOCUMENTED_NOTIFICATIONS.slice(5, 9)) {
    // acknowledged, but certainly not projected
    const event = parseNotification(
      { id: 'default', apiKey: null, region: 'US' },
      Buffer.from(JSON.stringify(notification)),
      new Date()
    )
    if (event) await log.append([encodeEvent(event)])
  }
  await log.close()

  const moved = await startServiceProcess(t, {
    DATA_DIR,
    ...environment,
    WEBHOOK_TOKENS: local.token,
    ADMIN_KEY: local.adminKey
  })
  for (const notification of DOCUMENTED_NOTIFICATIONS.slice(9)) t.equal(await moved.post(notification), 200)
  await untilAllProjected(moved)
  t.notMatch(moved.output(), /"alarm"/, 'no hole is reported')
  t.match(await moved.get('/health/ready'), { ready: true })
  t.equal(await moved.end('SIGTERM'), 0)
})

async function consumeIds(brokers: string[], topic: string, count: number): Promise<string[]> {
  const consumer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({ groupId: `${topic}-analyst` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const ids: string[] = []
  await consumer.run({
    eachMessage: async ({ message }) => {
      ids.push(String(message.headers?.ce_id))
    }
  })
  await eventually('the records are consumed', () => ids.length >= count, 15_000)
  await consumer.disconnect()
  return ids
}
