import path from 'node:path'
import t from 'tap'
import { startEmbeddedPostgres } from '../../src/db/embedded/server.js'
import { DOCUMENTED_NOTIFICATIONS } from '../support/documented-notifications.js'
import { eventually } from '../support/eventually.js'
import { kafkaUnavailable, startKafka } from '../support/kafka.js'
import { type RunningService, randomSecrets, runCommand, startServiceProcess } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

const skip = kafkaUnavailable() ?? false

t.test(
  'notifications are accepted without Kafka and Postgres, and reach the read models when both are available',
  { skip, timeout: 200_000 },
  async t => {
    const kafka = await startKafka({ dir: tempDir(t), extra: ['broker.session.timeout.ms=1000'] })
    t.teardown(() => kafka.stop())
    await kafka.kill()
    const dataDir = path.join(tempDir(t), 'postgres')
    const log = () => {}
    const postgres = await startEmbeddedPostgres({ dataDir, log })
    await postgres.stop()
    const DATA_DIR = tempDir(t)
    const environment = {
      DATA_DIR,
      KAFKA_BROKERS: kafka.brokers.join(','),
      DATABASE_URL: postgres.url,
      ...randomSecrets()
    }

    const alone = await startServiceProcess(t, environment)
    for (const notification of DOCUMENTED_NOTIFICATIONS.slice(0, 5)) t.equal(await alone.post(notification), 200)
    t.match(await alone.get('/health/ready'), {
      ready: false,
      roles: {
        receive: { ready: true },
        project: { ready: false, why: String },
        query: { ready: false, why: /DATABASE_URL/ }
      }
    })
    t.match(await alone.get('/v1/calls'), { statusCode: 503, code: 'MCS_NOT_READY' })
    t.match(await metric(alone, 'mcs_spool_records'), '5')
    t.equal(await alone.end('SIGTERM'), 3, 'the exit code shows that records remain in the spool')
    t.match(alone.output(), /"alarm":"spool-left","records":5/)
    t.match(await runCommand(['drain'], environment), { code: 1, stderr: /refuses connections/ })

    await kafka.restart()
    const running = await startEmbeddedPostgres({ dataDir, log })
    t.teardown(() => running.stop())
    // it may be killed before it listens
    const doomed = await runCommand(['start'], { ...environment, PORT: '0', MCS_CRASH_AT: 'between-drain-and-trim' })
    t.equal(doomed.code, null, 'it was killed while the records were in Kafka and in the spool')
    const waiting = await startServiceProcess(t, environment)
    await eventually(
      'all roles are ready',
      async () => ((await waiting.get('/health/ready')) as { ready: boolean }).ready,
      40_000
    )
    for (const notification of DOCUMENTED_NOTIFICATIONS.slice(5, 9)) t.equal(await waiting.post(notification), 200)
    await untilProjected(waiting, 9)
    t.match(await metric(waiting, 'mcs_spool_records'), '0')

    await kafka.kill()
    for (const notification of DOCUMENTED_NOTIFICATIONS.slice(9)) t.equal(await waiting.post(notification), 200)
    await waiting.end('SIGKILL')
    await kafka.restart()
    t.match(await runCommand(['drain', DATA_DIR], { ...environment, DATA_DIR: '/nowhere' }), {
      code: 0,
      stdout: 'sent 4 of 4 records\n'
    })
    t.match(await runCommand(['drain'], environment), { code: 0, stdout: 'sent 0 of 0 records\n' })
    const last = await startServiceProcess(t, environment)
    await untilProjected(last, 13)
    t.equal(await last.end('SIGTERM'), 0)
  }
)

async function untilProjected(service: RunningService, events: number): Promise<void> {
  await eventually(
    `${events} events are projected`,
    async () => {
      const { data = [] } = (await service.get('/v1/calls')) as { data?: { sources: { webhook: number } }[] }
      return data.reduce((sum, call) => sum + call.sources.webhook, 0) === events
    },
    40_000
  )
}

async function metric({ url, adminKey }: RunningService, name: string): Promise<string | undefined> {
  const text = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } })).text()
  return new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]
}
