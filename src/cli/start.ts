import { Command } from 'commander'
import type { Logger } from 'pino'
import { type Service, startService } from '../app/service.js'
import { type Config, loadConfig } from '../config/config.js'
import { systemClock } from '../lib/clock.js'
import { packageVersion } from '../lib/package-root.js'
import { raiseAlarm } from '../observability/alarms.js'
import { createLogger } from '../observability/logger.js'
import { alarmCounter, createMetrics } from '../observability/metrics.js'

const DRAIN_SECONDS = 5

/** A server that hangs must not keep this process for ever. */
const LAST_RESORT_SECONDS = 30

const EXAMPLES = `
Examples:
  $ mightycall-stream start                                   everything in this process, data in .data/
  $ PORT=9000 LOG_LEVEL=debug mightycall-stream start
  $ KAFKA_BROKERS=kafka:9092 DATABASE_URL=postgres://… mightycall-stream start

Stops gracefully on SIGTERM and Ctrl-C; a second signal ends it at once. With ACCOUNTS_FILE, SIGHUP reads that file again.`

export function startCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('start')
    .description('receive webhooks, project them and answer queries, until it is stopped')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const terminal = process.stdout.isTTY === true
      const config = loadConfig(environment)
      const metrics = createMetrics()
      const logger = createLogger({ level: config.logLevel, terminal, onAlarm: alarmCounter(metrics, systemClock.now) })
      logger.info({ version: packageVersion(), roles: config.roles }, 'starting')
      const service = await startService({ config, logger, metrics })
      reloadOnSignal(service, config)
      stopOnSignal(service, logger, config, config.drainSeconds ?? (terminal ? 0 : DRAIN_SECONDS))
      announce(service, config, logger, terminal)
    })
}

/** What waits on this disk for Kafka is not lost, but somebody has to see to it. */
const SPOOL_LEFT = 3

/** Secrets are shown to a person at a terminal only; a log is read by others. */
function announce(service: Service, config: Config, logger: Logger, terminal: boolean): void {
  const { url, secrets, accounts } = service
  const waitsFor = service.startProblems()
  const facts = {
    url,
    roles: config.roles,
    topics: topicsOf(config),
    accounts: accounts().length,
    ...(secrets.generated && { secrets: secrets.file })
  }
  if (terminal) console.log(banner(service, config))
  else if (Object.keys(waitsFor).length === 0) logger.info(facts, 'ready')
  else logger.warn({ ...facts, waitsFor }, 'listening, but not ready yet')
}

/**
 * Only where there is something to read again: without a listener SIGHUP ends the process, as one whose terminal was
 * closed should.
 */
function reloadOnSignal(service: Service, { accountsFile }: Config): void {
  if (accountsFile !== null) process.on('SIGHUP', service.reload)
}

function codeOf(service: Service, logger: Logger, { dataDir }: Config): number {
  const { records } = service.spooled() ?? { records: 0 }
  if (records === 0) return 0
  raiseAlarm(
    logger,
    { alarm: 'spool-left', records, dataDir },
    'notifications wait in the spool for Kafka: start this again, or run "mightycall-stream drain"'
  )
  return SPOOL_LEFT
}

function stopOnSignal(service: Service, logger: Logger, config: Config, drainSeconds: number): void {
  let stopping = false
  const end = (code: number) => {
    stopping = true
    const patience = code === 0 ? drainSeconds : 0
    setTimeout(
      () => {
        logger.fatal('could not stop in time')
        process.exit(1)
      },
      (patience + LAST_RESORT_SECONDS) * 1000
    ).unref()
    service.stop(patience).then(
      () => process.exit(code === 0 ? codeOf(service, logger, config) : code),
      err => {
        logger.fatal({ err }, 'could not stop in order')
        process.exit(1)
      }
    )
  }
  let firstSignalAt = Number.NEGATIVE_INFINITY
  // Ctrl-C reaches node twice when npm started it: what follows at once is the same wish.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping && performance.now() - firstSignalAt > 500) process.exit(1)
      if (stopping) return
      firstSignalAt = performance.now()
      logger.info({ signal, drainSeconds }, 'stopping')
      end(0)
    })
  }
  service.failed.then(err => {
    logger.fatal({ err }, 'the service cannot go on')
    if (!stopping) end(1)
  })
}

/** More would push the rest off the screen. */
const MAX_ACCOUNTS = 5

/** What a person at a terminal is told at start: webhook tokens, and the admin key when it is new. */
export function banner(
  { url, secrets, accounts }: Pick<Service, 'url' | 'secrets' | 'accounts'>,
  config: Config
): string {
  const alone = config.kafka === null && config.databaseUrl === null
  const lines = [
    ...(config.roles.includes('receive') ? webhookLines(accounts(), config.publicUrl ?? url) : []),
    ...(config.roles.includes('receive') && !config.publicUrl
      ? [['', 'paste it into MightyCall; set PUBLIC_URL to the address that MightyCall can reach']]
      : []),
    ...(config.roles.includes('query') ? [['API', `${url}/v1/calls   described at ${url}/docs`]] : []),
    ...(secrets.generated
      ? [['admin key', `${secrets.adminKey}   (kept in ${secrets.file})`]]
      : alone
        ? [['admin key', `kept in ${secrets.file}`]]
        : []),
    ['topics', topicsOf(config)]
  ]
  return `\n${lines.map(([name, value]) => `  ${name?.padEnd(10)} ${value}`).join('\n')}\n`
}

export function topicsOf({ kafka }: Config): string {
  return kafka ? `${kafka.topicPrefix}.* on ${kafka.brokers.join(', ')}` : 'local (set KAFKA_BROKERS for analysts)'
}

function webhookLines(accounts: ReturnType<Service['accounts']>, url: string): string[][] {
  const more = accounts.length - MAX_ACCOUNTS
  return [
    ...accounts
      .slice(0, MAX_ACCOUNTS)
      .map(({ id, tokens }, i) => [
        i === 0 ? 'webhook' : '',
        `${url}/webhooks/mightycall/${tokens[0]}${accounts.length > 1 ? `   (${id})` : ''}`
      ]),
    ...(more > 0 ? [['', `and ${more} more`]] : [])
  ]
}
