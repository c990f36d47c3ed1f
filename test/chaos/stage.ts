import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Kafka, kafkaUnavailable, startKafka } from '../support/kafka.js'
import { type ChaosPostgres, startChaosPostgres } from './postgres.js'
import { createTeardowns } from './teardowns.js'

/** The servers that all runs share, because they start slowly. Each run has its own database and topics. */
export interface Stage {
  /** A folder that is removed at the end. */
  dir: string
  /** Starts Postgres on the first call. */
  postgres: () => Promise<ChaosPostgres>
  /** Starts Kafka on the first call. */
  kafka: () => Promise<Kafka>
  /** Restarts servers that an aborted run has left stopped or frozen. */
  repair: () => Promise<void>
  /** Registers a function to call before the servers are stopped, in case a run is interrupted. */
  teardown: (end: () => Promise<void>) => void
  close: () => Promise<void>
}

/**
 * The time after which a killed broker counts as dead. With less, three brokers on a busy machine would lose each other
 * without a fault.
 */
const sessionProperties = (nodes: number) => [
  `broker.session.timeout.ms=${nodes > 1 ? 2_000 : 1_000}`,
  'broker.heartbeat.interval.ms=300'
]

/** @param nodes  the number of Kafka brokers */
export async function openStage({ nodes = 1 } = {}): Promise<Stage> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-chaos-'))
  chmodSync(dir, 0o711) // when run by root, Postgres runs as another user
  const teardowns = createTeardowns()
  teardowns.teardown(() => rmSync(dir, { recursive: true, force: true }))
  try {
    let kafka: Promise<Kafka> | null = null
    let postgres: Promise<ChaosPostgres> | null = null
    const repair = async () => {
      const server = await postgres
      server?.thaw()
      await server?.start()
      const brokers = await kafka
      if (brokers)
        await Promise.all(brokers.brokers.map((_, i) => brokers.restart(i + 1).then(() => brokers.thaw(i + 1))))
    }
    return {
      dir,
      postgres: () => (postgres ??= startChaosPostgres(teardowns, path.join(dir, 'postgres'))),
      kafka: () => (kafka ??= startBrokers()),
      repair,
      teardown: teardowns.teardown,
      close: teardowns.close
    }
  } catch (err) {
    await teardowns.close()
    throw err
  }

  async function startBrokers(): Promise<Kafka> {
    const unavailable = kafkaUnavailable()
    if (unavailable) throw new Error(unavailable)
    const started = await startKafka({ dir: path.join(dir, 'kafka'), nodes, extra: sessionProperties(nodes) })
    teardowns.teardown(started.stop)
    return started
  }
}
