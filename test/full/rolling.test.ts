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
const READINESS_INTERVAL_MS = 100

t.test(
  'a rolling restart of two receivers and two projectors under load loses nothing',
  { ...needsKafka, timeout: 240_000 },
  async t => {
    const { environment } = kafkaForTest(t)
    const { pool, url } = await freshDatabase(t)
    const shared = { ...environment, DATABASE_URL: url, ...randomSecrets(), DRAIN_SECONDS: '2' }
    const ports = await freePorts(4)
    const processes = ports.map((port, i) =>
      createMember(t, { ...shared, DATA_DIR: tempDir(t), PORT: String(port), ROLES: i < 2 ? 'receive' : 'project' })
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
    t.strictSame(new Set(stored.rows.map(({ id }) => id)), ids, 'each event is stored once, and no other')
    const { differences, failures } = await rebuild({
      pool,
      settings: SETTINGS,
      dryRun: true,
      restart: true,
      now: () => new Date(),
      signal: new AbortController().signal,
      onDifference: ({ table }) => t.comment(table)
    })
    t.strictSame([differences, failures], [0, []], 'every row follows from its events')
  }
)

/** Creates a process that can be restarted like an operator would. */
function createMember(t: Test, environment: Record<string, string> & { DATA_DIR: string }) {
  let service: RunningService | null = null
  const start = async () => (service = await startServiceProcess(t, environment))
  return {
    start,
    service: () => service,
    roll: async () => {
      t.equal(await service?.end('SIGTERM'), 0, `${environment.ROLES}: it exits with code 0`)
      const next = await start()
      await eventually(
        'the process is ready again',
        async () => ((await next.get('/health/ready')) as { ready: boolean }).ready,
        30_000
      )
    }
  }
}

/** Posts like a load balancer, to the receivers whose last readiness check succeeded. */
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
  const checkReadiness = async () => {
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
  const checking = setInterval(() => {
    checkReadiness().catch(() => {})
  }, READINESS_INTERVAL_MS)
  const ids = new Set<string>()
  const statuses = new Map<number | string, number>()
  let stopped = false
  let turn = 0

  async function send(): Promise<void> {
    for (let body = bodies.shift(); body && !stopped; body = bodies.shift()) {
      await eventually('a receiver is ready', () => ready.size > 0)
      const service = [...ready][turn++ % ready.size]
      const status = (await service?.post(body).catch(() => 'no response')) ?? 'no receiver'
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
      clearInterval(checking)
      return { ids, statuses }
    }
  }
}
