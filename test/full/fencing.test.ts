import type pg from 'pg'
import t, { type Test } from 'tap'
import { freshDatabase } from '../support/database.js'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { kafkaForTest, needsKafka } from '../support/kafka-for-test.js'
import { connectAdmin } from '../support/kafka-log.js'
import { type RunningService, randomSecrets, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

const TIMEOUT_MS = 100_000 // a process that is frozen during a transaction holds its locks for a minute
const INCOMING = DOCUMENTED_NOTIFICATIONS.slice(0, 5)

/** Sets up processes with separate roles on one Kafka and one Postgres. */
async function setUpProcesses(t: Test) {
  const { topicPrefix, environment } = kafkaForTest(t)
  const { pool, url } = await freshDatabase(t)
  const shared = { ...environment, DATABASE_URL: url, ...randomSecrets() }
  const start = (ROLES: string) => startServiceProcess(t, { ...shared, DATA_DIR: tempDir(t), ROLES })
  return { pool, topic: `${topicPrefix}.calls`, start }
}

async function postCalls(t: Test, receiver: RunningService, from: number, count: number): Promise<void> {
  for (let i = from; i < from + count; i++) {
    for (const notification of INCOMING)
      t.equal(await receiver.post({ ...notification, Body: { ...notification.Body, Id: `call-${i}` } }), 200)
  }
}

async function untilProjected(pool: pg.Pool, calls: number): Promise<void> {
  await eventually(
    `${calls} calls are projected`,
    async () => {
      const {
        rows: [row]
      } = await pool.query<{ events: string; calls: string }>(
        `select (select count(*) from events) as events,
           (select count(*) from call_history where state = 'ended' and webhook_events = 5) as calls`
      )
      return Number(row?.events) === calls * 5 && Number(row?.calls) === calls
    },
    TIMEOUT_MS
  )
}

t.test('a projector that is frozen and thawed does not undo the work of the other', needsKafka, async t => {
  const { pool, start } = await setUpProcesses(t)
  const receiver = await start('receive,query')
  const [one, other] = await Promise.all([start('project'), start('project')])
  await postCalls(t, receiver, 0, 20)
  await untilProjected(pool, 20)

  one.child.kill('SIGSTOP')
  await postCalls(t, receiver, 20, 40) // the other takes over its partitions when its session expires
  await untilProjected(pool, 60)
  one.child.kill('SIGCONT')
  await postCalls(t, receiver, 60, 20)
  await untilProjected(pool, 80)

  for (const projector of [one, other]) {
    await eventually(
      'the projector is ready',
      async () => ((await projector.get('/health/ready/project')) as { ready: boolean }).ready,
      TIMEOUT_MS
    )
    t.notMatch(projector.output(), /"alarm"/)
    t.equal(await projector.end('SIGTERM'), 0)
  }
  t.equal((await pool.query('select from dead_letters')).rowCount, 0)
  t.equal((await pool.query('select from holes')).rowCount, 0)
})

t.test(
  'a topic that is deleted is created again and reported as a hole, and the whole new topic is projected',
  needsKafka,
  async t => {
    const { pool, topic, start } = await setUpProcesses(t)
    const receiver = await start('receive,query')
    const projector = await start('project')
    await postCalls(t, receiver, 0, 10)
    await untilProjected(pool, 10)
    const admin = await connectAdmin(t)
    await admin.deleteTopics({ topics: [topic] })
    // the brokers delete it later, and accept records for the old topic until then
    await eventually('the topic is deleted', async () => !(await admin.listTopics()).includes(topic), 30_000)
    const [first] = INCOMING
    await eventually(
      'the new topic accepts records',
      async () => (await receiver.post({ ...first, Body: { ...first?.Body, Id: 'call-10' } })) === 200,
      30_000
    )
    await postCalls(t, receiver, 10, 5)
    await untilProjected(pool, 15)
    t.ok(((await pool.query("select from holes where topic = 'calls'")).rowCount ?? 0) > 0)
    t.match(projector.output(), /"alarm":"log-hole"/)
    t.notMatch(projector.output(), /"alarm":"checkpoint-went-back"/)
    t.equal(await projector.end('SIGTERM'), 0)
  }
)
