import { randomBytes } from 'node:crypto'
import path from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { attachEmbeddedPostgres } from '../../src/db/embedded/attach.js'
import { openKafkaLog } from '../../src/event-log/kafka/log.js'
import { openLocalReader } from '../../src/event-log/local/local-reader.js'
import type { EventReader } from '../../src/event-log/port.js'
import { eventually } from '../support/eventually.js'
import { freePorts } from '../support/free-ports.js'
import type { Kafka } from '../support/kafka.js'
import { type KafkaProxy, startKafkaProxy } from '../support/kafka-proxy.js'
import { MAIN, randomSecrets } from '../support/service.js'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js'
import { mountSmallDisk, type SmallDisk } from './disk.js'
import type { Plan } from './plan.js'
import type { ChaosPostgres } from './postgres.js'
import type { Stage } from './stage.js'
import { type Supervised, supervise } from './supervised.js'
import { createTeardowns, type Teardowns } from './teardowns.js'

/** The processes of the service in a run, and the proxies between them and their servers. */
export interface Installation {
  receiver: Supervised
  /** The same as the receiver when one process has all roles. */
  projector: Supervised
  processes: readonly Supervised[]
  /** Null when none is planned or mounting is not permitted. */
  disk: SmallDisk | null
  kafka: Kafka | null
  /** Null with several brokers. */
  kafkaProxy: KafkaProxy | null
  /** Null with the embedded Postgres. */
  postgres: ChaosPostgres | null
  postgresProxy: TcpProxy | null
  /** The DATA_DIR of the receiver. */
  dataDir: string
  /** The environment of the receiver, with which a command can be run. */
  environment: Record<string, string>
  webhook: URL
  adminKey: string
  /** Opens a pool that no fault affects; the server must be running. */
  openPool: () => Promise<pg.Pool>
  /** Opens the log without a proxy. */
  openReader: () => Promise<EventReader>
  close: () => Promise<void>
}

export type InstallationPlan = Pick<Plan, 'log' | 'roles' | 'database' | 'diskBytes'> & {
  /** The size of the file system of the whole DATA_DIR; no limit by default. */
  dataDirBytes?: number
  /** The path of a compiled program that replaces the service. */
  program?: string
}

const START_MS = 60_000

/** Resolves when every process is ready. */
export async function startAll({ processes }: Installation): Promise<void> {
  for (const process of processes) process.start()
  await eventually(
    'every process is ready',
    async () => (await Promise.all(processes.map(process => process.isReady()))).every(Boolean),
    START_MS
  )
}

/** Creates an installation whose processes are not started yet. */
export async function createInstallation(stage: Stage, plan: InstallationPlan): Promise<Installation> {
  const teardowns = createTeardowns()
  stage.teardown(teardowns.close) // no effect if the installation is closed before
  try {
    return await build(stage, plan, teardowns)
  } catch (err) {
    await teardowns.close()
    throw err
  }
}

async function build(stage: Stage, plan: InstallationPlan, teardowns: Teardowns): Promise<Installation> {
  const name = `chaos_${randomBytes(4).toString('hex')}`
  const postgres = plan.database === 'server' ? await stage.postgres() : null
  const kafka = plan.log === 'kafka' ? await stage.kafka() : null
  const kafkaProxy = kafka?.brokers.length === 1 ? await startKafkaProxy(teardowns, kafka.brokers[0] ?? '') : null
  const postgresProxy = postgres && (await startTcpProxy(teardowns, { path: postgres.socket }))
  const database = (await postgres?.create(name)) ?? null
  if (database) teardowns.teardown(async () => postgres?.drop(name))

  const dataDir = path.join(stage.dir, name)
  const disk = mountDisk(teardowns, plan, dataDir)
  const secrets = randomSecrets()
  const env = {
    ...secrets,
    DRAIN_SECONDS: '0',
    ...(kafka && {
      KAFKA_BROKERS: (kafkaProxy ?? kafka).brokers.join(','),
      KAFKA_TOPIC_PREFIX: name,
      KAFKA_GROUP_ID: name
    }),
    ...(kafka && plan.diskBytes !== null && { SPOOL_MAX_BYTES: String(plan.diskBytes) }),
    ...(database &&
      postgresProxy && { DATABASE_URL: database.replace(/@[^/]*\//, `@127.0.0.1:${postgresProxy.port}/`) })
  }
  const processes = await processesOf(plan, env, dataDir)
  for (const process of processes) teardowns.teardown(process.kill)
  const [receiver, projector = receiver] = processes
  return {
    receiver,
    projector,
    processes,
    disk,
    kafka,
    kafkaProxy,
    postgres,
    postgresProxy,
    dataDir,
    environment: { ...env, DATA_DIR: dataDir },
    webhook: new URL(`${receiver.url}/webhooks/mightycall/${secrets.WEBHOOK_TOKENS}`),
    adminKey: secrets.ADMIN_KEY,
    openPool: async () =>
      poolOf(database ?? (await attachEmbeddedPostgres({ dataDir: path.join(dataDir, 'postgres') })) ?? ''),
    openReader: () =>
      kafka
        ? openKafkaLog(
            { brokers: kafka.brokers, topicPrefix: name, createTopics: false, consumeOnly: true },
            { log: pino({ level: 'silent' }) }
          )
        : openLocalReader({ dir: path.join(dataDir, 'log') }),
    close: teardowns.close
  }
}

function mountDisk(
  teardowns: Teardowns,
  { log, diskBytes, dataDirBytes }: InstallationPlan,
  dataDir: string
): SmallDisk | null {
  if (dataDirBytes !== undefined) return mountSmallDisk(teardowns, dataDir, dataDirBytes)
  const logDir = path.join(dataDir, log === 'kafka' ? 'spool' : 'log')
  return diskBytes === null ? null : mountSmallDisk(teardowns, logDir, diskBytes)
}

async function processesOf(
  { roles, program = MAIN }: InstallationPlan,
  env: Record<string, string>,
  dataDir: string
): Promise<[Supervised, ...Supervised[]]> {
  const [first = 0, second = 0] = await freePorts(2)
  const createProcess = (name: string, port: number, overrides: Record<string, string>) =>
    supervise({ name, program, args: ['start'], port, env: { ...env, ...overrides } })
  if (roles === 'one') return [createProcess('service', first, { DATA_DIR: dataDir })]
  return [
    createProcess('receiver', first, { DATA_DIR: dataDir, ROLES: 'receive' }),
    createProcess('projector', second, { DATA_DIR: `${dataDir}-projector`, ROLES: 'project,query' })
  ]
}

function poolOf(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  pool.on('error', () => {})
  return pool
}
