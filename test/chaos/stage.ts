import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Kafka, kafkaUnavailable, startKafka } from '../support/kafka.js'
import { createEnds } from './ends.js'
import { type OwnPostgres, startOwnPostgres } from './postgres.js'

/** What outlives a run: servers take longer to start than all else. Each run has a database and topics of its own. */
export interface Stage {
  /** Removed at the end. */
  dir: string
  postgres: OwnPostgres
  /** Started when it is first asked for. */
  kafka: () => Promise<Kafka>
  /** Starts what a run that could not go on has left down. */
  mend: () => Promise<void>
  /** For what has to end before the servers do, should a run be interrupted. */
  teardown: (end: () => Promise<void>) => void
  close: () => Promise<void>
}

/**
 * A broker that was killed counts as alive for so long. With less, three of them on a busy machine would lose each
 * other without a fault.
 */
const sessionOf = (nodes: number) => [
  `broker.session.timeout.ms=${nodes > 1 ? 2_000 : 1_000}`,
  'broker.heartbeat.interval.ms=300'
]

/** @param nodes  of Kafka */
export async function openStage({ nodes = 1 } = {}): Promise<Stage> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-chaos-'))
  chmodSync(dir, 0o711) // run by root, Postgres has an account of its own
  const ends = createEnds()
  ends.teardown(() => rmSync(dir, { recursive: true, force: true }))
  try {
    let kafka: Promise<Kafka> | null = null
    const postgres = await startOwnPostgres(ends, path.join(dir, 'postgres'))
    const mend = async () => {
      postgres.thaw()
      await postgres.start()
      const brokers = await kafka
      if (brokers)
        await Promise.all(brokers.brokers.map((_, i) => brokers.restart(i + 1).then(() => brokers.thaw(i + 1))))
    }
    return { dir, postgres, kafka: () => (kafka ??= startBrokers()), mend, teardown: ends.teardown, close: ends.close }
  } catch (err) {
    await ends.close()
    throw err
  }

  async function startBrokers(): Promise<Kafka> {
    const unavailable = kafkaUnavailable()
    if (unavailable) throw new Error(unavailable)
    const started = await startKafka({ dir: path.join(dir, 'kafka'), nodes, extra: sessionOf(nodes) })
    ends.teardown(started.stop)
    return started
  }
}
