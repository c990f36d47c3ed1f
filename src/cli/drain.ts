import { existsSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { pino } from 'pino'
import { loadConfig } from '../config/config.js'
import { ConfigError, DataDirError } from '../errors.js'
import { isRefusedForGood } from '../event-log/kafka/errors.js'
import { openKafkaLog } from '../event-log/kafka/log.js'
import { kafkaOptions, spoolDir } from '../event-log/open-log.js'
import { drain } from '../event-log/spool/drainer.js'
import { openSpool, type Spool } from '../event-log/spool/spool.js'
import { interruptSignal } from './arguments.js'
import { createProgress } from './progress.js'

const EXAMPLES = `
Examples:
  $ mightycall-stream drain                                   the spool in .data/spool
  $ mightycall-stream drain /mnt/receiver-3                   the DATA_DIR of another receiver
  $ KAFKA_BROKERS=kafka:9092 mightycall-stream drain --set-aside   also what Kafka refused permanently

Sends the spooled records of a receiver that has stopped and will not be started again. A running receiver sends them
itself: when it is started, this command ends after its present batch. It may be stopped at any time and run again.
Exit codes: 0 the spool is empty, 3 records are left, 130 interrupted.`

export function drainCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('drain')
    .description('send the spool of a stopped receiver to Kafka')
    .argument('[data-dir]', 'the DATA_DIR of the receiver (default: DATA_DIR of the environment)')
    .option('--set-aside', 'also send what Kafka refused permanently', false)
    .addHelpText('after', EXAMPLES)
    .action(async (dataDir: string | undefined, { setAside }: { setAside: boolean }) => {
      const config = loadConfig(environment)
      if (!config.kafka) throw new ConfigError('KAFKA_BROKERS: set it to the brokers that the spool is for')
      const dir = spoolDir(dataDir === undefined ? config.dataDir : path.resolve(dataDir))
      if (!existsSync(dir)) throw new DataDirError(`there is no spool in ${dir}`)
      const log = pino({ level: 'error' }, pino.destination(2))
      const handover = new AbortController()
      const lock = { onReleaseRequest: () => handover.abort() }
      const spool = await openSpool({ dir, maxBytes: Number.POSITIVE_INFINITY, lock, log })
      try {
        const kafka = await openKafkaLog(kafkaOptions(config.kafka), { log: pino({ level: 'silent' }) })
        if (setAside) await spool.requeueSetAside()
        const signal = interruptSignal()
        process.exitCode = await drainAll(spool, kafka.append, { signal, handover: handover.signal }).finally(() =>
          kafka.close()
        )
      } finally {
        await spool.close()
      }
    })
}

interface DrainSignals {
  /** The operator interrupts the command. */
  signal: AbortSignal
  /** The receiver has been started. */
  handover: AbortSignal
}

async function drainAll(
  spool: Spool,
  send: Parameters<typeof drain>[0]['send'],
  { signal, handover }: DrainSignals
): Promise<number> {
  const before = spool.backlog()
  const progress = createProgress('records')
  progress.start(before.records, 0)
  const log = pino({ level: 'error' }, pino.destination(2))
  await drain({
    spool,
    send,
    isRefusedForGood,
    log,
    signal: AbortSignal.any([signal, handover]),
    onDrained: count => progress.advance(count, count)
  }).finally(progress.stop)
  const left = spool.backlog()
  const sent = before.records - left.records - (left.setAside - before.setAside)
  const setAside = left.setAside === 0 ? '' : `; ${left.setAside} are set aside: Kafka refuses them permanently`
  console.log(`sent ${sent} of ${before.records} records${setAside}`)
  if (handover.aborted) console.log('the receiver has been started, and sends the rest')
  if (left.records > 0) return signal.aborted ? 130 : 3
  return 0
}
