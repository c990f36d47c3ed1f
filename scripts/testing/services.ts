import path from 'node:path'
import { startEmbeddedPostgres } from '../../src/db/embedded/server.js'
import { runMigrations } from '../../src/db/migrate.js'
import { databaseUrl, statement, TEMPLATE } from '../../test/support/database.js'
import { kafkaUnavailable, startKafka } from '../../test/support/kafka.js'

/** What the test files share. */
export interface Services {
  /** For the environment of the tests. */
  env: Record<string, string>
  stop: () => Promise<void>
}

type Service = Services

const NONE: Service = { env: {}, stop: async () => {} }
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' } // thrown away after the run

/** Starts Postgres and, when asked, a broker beside it. When one fails the other is stopped. */
export async function startServices(dir: string, { kafka }: { kafka: boolean }): Promise<Services> {
  const started = await Promise.allSettled([startPostgres(dir), kafka ? startBroker(dir) : NONE])
  const services = started.flatMap(result => (result.status === 'fulfilled' ? result.value : []))
  const stop = async () => {
    await Promise.all(services.map(service => service.stop()))
  }
  const failed = started.find(result => result.status === 'rejected')
  if (failed) {
    await stop()
    throw failed.reason
  }
  return { env: Object.assign({}, ...services.map(service => service.env)), stop }
}

async function startPostgres(dir: string): Promise<Service> {
  const { TEST_DATABASE_URL: given } = process.env
  const server = given
    ? null
    : await startEmbeddedPostgres({
        dataDir: path.join(dir, 'postgres'),
        database: 'postgres',
        settings: FAST,
        log: console.error
      })
  const url = given ?? server?.url ?? ''
  const stop = async () => {
    await server?.stop()
  }
  try {
    await makeTemplate(url)
    return { env: { TEST_DATABASE_URL: url }, stop }
  } catch (err) {
    await stop()
    throw err
  }
}

/** Databases of an aborted run are dropped first: the server may be a lasting one. */
async function makeTemplate(url: string): Promise<void> {
  const { rows } = await statement(
    url,
    `select datname from pg_database where datname ~ '^mcs_test_[0-9a-f]{12}$' or datname = '${TEMPLATE}'`
  )
  for (const { datname } of rows) await statement(url, `drop database ${datname} with (force)`)
  await statement(url, `create database ${TEMPLATE}`)
  await runMigrations(databaseUrl(url, TEMPLATE))
}

async function startBroker(dir: string): Promise<Service> {
  const { KAFKA_BROKERS: given } = process.env
  if (given) return { ...NONE, env: { TEST_KAFKA_BROKERS: given } }
  const reason = kafkaUnavailable()
  if (reason && process.env.REQUIRE_KAFKA === '1') throw new Error(`REQUIRE_KAFKA is set, and ${reason}`)
  if (reason) {
    console.log(`# The tests with Kafka are skipped: ${reason}; or set KAFKA_BROKERS to a broker that runs.`)
    return NONE
  }
  const broker = await startKafka({ dir: path.join(dir, 'kafka') })
  return { env: { TEST_KAFKA_BROKERS: broker.brokers.join(',') }, stop: broker.stop }
}
