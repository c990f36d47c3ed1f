import t, { type Test } from 'tap'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { rebuild } from '../../src/project/rebuild/rebuild.js'
import { simulateCompany } from '../../src/simulator/company.js'
import { freshDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { freePorts } from '../support/free-ports.js'
import { kafkaForTest, needsKafka } from '../support/kafka-for-test.js'
import { type RunningService, randomSecrets, startServiceProcess } from '../support/service.js'
import { SETTINGS } from '../support/settings.js'
import { tempDir } from '../support/temp-dir.js'

const ACCOUNT = { id: 'default', apiKey: null, region: 'US' } as const
const SENDERS = 4
const LOOKS_EVERY_MS = 100

t.test(
  'two receivers and two projectors are restarted one by one under load: every post is answered, nothing is missing',
  { ...needsKafka, timeout: 240_000 },
  async t => {
    const { brokers, topicPrefix, groupId } = kafkaForTest(t)
    const { pool, url } = await freshDatabase(t)
    const shared = {
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_TOPIC_PREFIX: topicPrefix,
      KAFKA_GROUP_ID: groupId,
      DATABASE_URL: url,
      ...randomSecrets(),
      DRAIN_SECONDS: '2'
    }
    const ports = await freePorts(4)
    const processes = ports.map((port, i) =>
      member(t, { ...shared, DATA_DIR: tempDir(t), PORT: String(port), ROLES: i < 2 ? 'receive' : 'project' })
    )
    await Promise.all(processes.map(({ start }) => start()))
    const load = startLoad(processes.slice(0, 2))
    for (const process of processes) await process.roll()
    const { ids, statuses } = await load.stop()
    t.strictSame([...statuses.keys()], [200], `${statuses.get(200)} posts, each answered with 200`)
    await eventually(
      'every event is stored',
      async () => (await pool.query('select from events')).rowCount === ids.size,
      60_000
    )
    const stored = await pool.query<{ id: string }>('select id from events')
    t.strictSame(new Set(stored.rows.map(({ id }) => id)), ids, 'each once, and no other')
    const { differences, failures } = await rebuild({
      pool,
      settings: SETTINGS,
      dryRun: true,
      restart: true,
      now: () => new Date(),
      signal: new AbortController().signal,
      onDifference: ({ table }) => t.comment(table)
    })
    t.strictSame([differences, failures], [0, []], 'and every row is what its events amount to')
  }
)

/** A process of the installation, which can be restarted as an operator would. */
function member(t: Test, environment: Record<string, string> & { DATA_DIR: string }) {
  let service: RunningService | null = null
  const start = async () => (service = await startServiceProcess(t, environment))
  return {
    start,
    service: () => service,
    roll: async () => {
      t.equal(await service?.end('SIGTERM'), 0, `${environment.ROLES}: it stops in order`)
      const next = await start()
      await eventually(
        'it is ready again',
        async () => ((await next.get('/health/ready')) as { ready: boolean }).ready,
        30_000
      )
    }
  }
}

/** Posts as a balancer would: to whoever last said that it is ready. */
function startLoad(receivers: { service: () => RunningService | null }[]) {
  const bodies = simulateCompany({
    seed: 1,
    startAt: Date.UTC(2026, 0, 12, 9),
    calls: 4_000,
    messages: 0,
    contacts: 0,
    hours: 40
  }).notifications.map(({ body }) => body)
  const ready = new Set<RunningService>()
  const look = async () => {
    const services = receivers.flatMap(({ service }) => service() ?? [])
    for (const service of ready) if (!services.includes(service)) ready.delete(service)
    await Promise.all(
      services.map(async service => {
        const isReady = await fetch(`${service.url}/health/ready/receive`).then(
          ({ ok }) => ok,
          () => false
        )
        if (isReady) ready.add(service)
        else ready.delete(service)
      })
    )
  }
  const looking = setInterval(() => {
    look().catch(() => {})
  }, LOOKS_EVERY_MS)
  const ids = new Set<string>()
  const statuses = new Map<number | string, number>()
  let stopped = false
  let turn = 0

  async function send(): Promise<void> {
    for (let body = bodies.shift(); body && !stopped; body = bodies.shift()) {
      await eventually('somebody is ready', () => ready.size > 0)
      const service = [...ready][turn++ % ready.size]
      const status = (await service?.post(body).catch(() => 'no answer')) ?? 'nobody'
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      const id = parseNotification(ACCOUNT, Buffer.from(JSON.stringify(body)), new Date())?.id
      if (id) ids.add(id)
    }
  }
  const sending = Promise.all(Array.from({ length: SENDERS }, send))
  return {
    stop: async () => {
      stopped = true
      await sending
      clearInterval(looking)
      return { ids, statuses }
    }
  }
}
