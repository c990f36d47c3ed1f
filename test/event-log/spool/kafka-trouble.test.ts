import { pino } from 'pino'
import t, { type Test } from 'tap'
import { isRefusedForGood } from '../../../src/event-log/kafka/errors.js'
import type { KafkaOptions } from '../../../src/event-log/kafka/log.js'
import { openSpool } from '../../../src/event-log/spool/spool.js'
import { type SpooledLog, spooled } from '../../../src/event-log/spool/spooled.js'
import { eventually } from '../../support/eventually.js'
import { BROKERS, connectAdmin, openTestLog, skip } from '../../support/kafka-log.js'
import { startKafkaProxy } from '../../support/kafka-proxy.js'
import { tempDir } from '../../support/temp-dir.js'
import { readAll } from '../conformance/read-all.js'
import { record } from '../support/gather.js'

const TOPIC_RESOURCE = 2
const [broker = ''] = BROKERS
/** One deadline, and a slow machine. */
const SWITCHED_MS = 3_000
t.jobs = 2

t.test('records of a missing topic are kept and arrive after it is created', { skip, buffered: true }, async t => {
  const { topicPrefix } = await openTestLog(t)
  const { log, admin, topic } = await spooledLog(t, { topicPrefix, createTopics: false })
  await admin.deleteTopics({ topics: [topic] })
  await keepsAndSends(t, log, async () => {
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 6, replicationFactor: 1 }] })
  })
})

t.test(
  'records are kept while the network drops everything, and arrive afterwards',
  { skip, buffered: true },
  async t => {
    const proxy = await startKafkaProxy(t, broker)
    const { log } = await spooledLog(t, { brokers: proxy.brokers })
    proxy.stall()
    await keepsAndSends(t, log, async () => proxy.resume())
  }
)

t.test(
  'a record above the limit of the topic is set aside and sent after the limit is raised',
  { skip, buffered: true },
  async t => {
    const dir = tempDir(t)
    const { log, set, topicPrefix } = await spooledLog(t, { dir })
    await set('max.message.bytes', '100000')
    await eventually('the limit of the topic is lowered', async () => {
      await log.append([record('default:a', 'x'.repeat(200_000))])
      return log.backlog().records > 0
    })
    await Promise.all(['small', 'last'].map(text => log.append([record('default:a', text)])))
    await eventually('the other records are sent', () => log.backlog().records === 0)
    t.ok(log.backlog().setAside > 0)
    await log.close()

    await set('max.message.bytes', '1000000')
    const spool = await openSpool({ dir, maxBytes: 16 * 1024 * 1024 })
    await spool.requeueSetAside()
    t.match(spool.backlog(), { setAside: 0 })
    await spool.close()
    const again = await spooledLog(t, { dir, topicPrefix })
    await eventually('everything is sent', () => again.log.backlog().records === 0)
    const stored = await readAll(t, again.log)
    t.ok(stored.some(({ value }) => value?.length === 200_000) && stored.some(({ value }) => String(value) === 'small'))
  }
)

async function spooledLog(
  t: Test,
  { brokers = BROKERS, dir = tempDir(t), ...options }: Partial<KafkaOptions> & { brokers?: string[]; dir?: string } = {}
) {
  const { log: kafka, topicPrefix } = await openTestLog(t, { brokers, ...options })
  const spool = await openSpool({ dir, maxBytes: 16 * 1024 * 1024 })
  const log = spooled({ kafka, spool, isRefusedForGood, log: pino({ level: 'silent' }), maxAgeMs: 3_600_000 })
  t.teardown(() => log.close())
  const admin = await connectAdmin(t)
  const topic = `${topicPrefix}.calls`
  const set = async (name: string, value: string) => {
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: TOPIC_RESOURCE, name: topic, configEntries: [{ name, value }] }]
    })
  }
  await log.append([record('default:a', '0')])
  return { log, admin, topic, topicPrefix, set }
}

async function keepsAndSends(t: Test, log: SpooledLog, mend: () => Promise<void>): Promise<void> {
  await eventually('records go to the spool', async () => {
    const begun = performance.now()
    await log.append([record('default:a', 'kept')])
    t.ok(performance.now() - begun < SWITCHED_MS, 'accepted in time')
    return log.backlog().records > 0
  })
  t.equal(log.trouble(), null)
  for (const text of ['1', '2', '3']) await log.append([record('default:a', text)])
  await mend()
  await eventually('the spool is empty', () => log.backlog().records === 0, 20_000)
  await log.append([record('default:a', '4')])
  const texts = (await readAll(t, log)).map(({ value }) => String(value)).filter(text => /^[1-4]$/.test(text))
  t.strictSame([...new Set(texts)], ['1', '2', '3', '4'], 'in order')
}
