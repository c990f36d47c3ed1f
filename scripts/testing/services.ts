import path from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/db/embedded/server.js'
import { runMigrations } from '../../src/db/migrate.js'
import { databaseUrl, statement, TEMPLATE } from '../../test/support/database.js'
import { freePorts } from '../../test/support/free-ports.js'
import { kafkaUnavailable, startKafka } from '../../test/support/kafka.js'

/** The servers that the test files share. */
export interface Services {
  /** Variables for the environment of the tests. */
  env: Record<string, string>
  /** Resolves when the broker serves requests, which takes longer than most test files; at once without a broker. */
  kafkaReady: Promise<void>
  stop: () => Promise<void>
}

type Service = Omit<Services, 'kafkaReady'>

// The data is not needed after the run.
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' }

/** Starts Postgres and, when asked, a broker, which is not awaited. */
export async function startServices(dir: string, { kafka }: { kafka: boolean }): Promise<Services> {
  const broker = kafka ? await planBroker(dir) : null
  const postgres = await startPostgres(dir)
  const starting = broker?.start()
  starting?.catch(() => {}) // whoever awaits `kafkaReady` sees it
  return {
    env: { ...postgres.env, ...broker?.env },
    kafkaReady: Promise.resolve(starting).then(() => {}),
    stop: async () => {
      const started = await starting?.catch(() => null)
      await Promise.all([postgres.stop(), started?.stop()])
    }
  }
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
    if (server) await shortenLogin(url)
    await makeTemplate(url)
    return { env: { TEST_DATABASE_URL: url }, stop }
  } catch (err) {
    await stop()
    throw err
  }
}

/**
 * Stores the password of a started server again with one iteration of its hash. Each of the thousands of connections
 * would compute it 4,096 times.
 */
async function shortenLogin(url: string): Promise<void> {
  const password = decodeURIComponent(/:([^:@]+)@/.exec(url)?.[1] ?? '')
  const quoted = pg.escapeLiteral(password)
  await statement(url, `set scram_iterations = 1; alter role current_user password ${quoted}`)
}

/** Drops the databases of an aborted run first, since the server may be a permanent one. */
async function makeTemplate(url: string): Promise<void> {
  const { rows } = await statement(
    url,
    `select datname from pg_database where datname ~ '^mcs_test_[0-9a-f]{12}$' or datname = '${TEMPLATE}'`
  )
  for (const { datname } of rows) await statement(url, `drop database ${datname} with (force)`)
  await statement(url, `create database ${TEMPLATE}`)
  await runMigrations(databaseUrl(url, TEMPLATE))
}

interface PlannedBroker {
  env: Record<string, string>
  start: () => Promise<{ stop: () => Promise<void> } | null>
}

/** Chooses the address of the broker, so that the tests can know it before the broker runs. */
async function planBroker(dir: string): Promise<PlannedBroker | null> {
  const { KAFKA_BROKERS: given } = process.env
  if (given) return { env: { TEST_KAFKA_BROKERS: given }, start: async () => null }
  const reason = kafkaUnavailable()
  if (reason && process.env.REQUIRE_KAFKA === '1') throw new Error(`REQUIRE_KAFKA is set, and ${reason}`)
  if (reason) {
    console.log(`# The tests with Kafka are skipped: ${reason}; or set KAFKA_BROKERS to a running broker.`)
    return null
  }
  const [port = 0] = await freePorts(1)
  return {
    env: { TEST_KAFKA_BROKERS: `127.0.0.1:${port}` },
    start: () => startKafka({ dir: path.join(dir, 'kafka'), port })
  }
}
