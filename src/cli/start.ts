import { Command } from 'commander'
import type { Logger } from 'pino'
import { type Service, startService } from '../app/service.js'
import { type Config, loadConfig } from '../config/config.js'
import { systemClock } from '../lib/clock.js'
import { packageVersion } from '../lib/package-root.js'
import { createAlarmJournal } from '../observability/alarm-journal.js'
import { createLogger } from '../observability/logger.js'
import { createMetrics } from '../observability/metrics.js'

const DRAIN_SECONDS = 5

/** A server that hangs must not keep this process running for ever. */
const STOP_TIMEOUT_SECONDS = 30

const EXAMPLES = `
Examples:
  $ mightycall-stream start                                   all roles in one process, data in .data/
  $ PORT=9000 LOG_LEVEL=debug mightycall-stream start
  $ KAFKA_BROKERS=kafka:9092 DATABASE_URL=postgres://… mightycall-stream start

Stops gracefully on SIGTERM and Ctrl-C; a second signal ends the process at once. With ACCOUNTS_FILE, SIGHUP reads that
file again.`

export function startCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('start')
    .description('receive webhooks, project them and answer queries, until stopped')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const terminal = process.stdout.isTTY === true
      const config = loadConfig(environment)
      const metrics = createMetrics()
      const logger = createLogger({
        level: config.logLevel,
        terminal,
        alarms: createAlarmJournal(metrics, systemClock.now)
      })
      logger.info({ version: packageVersion(), roles: config.roles }, 'starting')
      const drainSeconds = config.drainSeconds ?? (terminal ? 0 : DRAIN_SECONDS)
      const requested = handleStopSignals(logger, drainSeconds) // before anything is accepted that has to be finished
      const service = await startService({ config, logger, metrics, hurry: requested })
      reloadOnSignal(service, config)
      stopOnSignal(service, { logger, drainSeconds, requested })
      if (requested.aborted) return
      announce(service, config, logger, terminal)
    })
}

/** The alarm `spool-left` says what to do. */
const SPOOL_LEFT_EXIT_CODE = 3

/** Secrets are shown on a terminal only; a log may be read by others. */
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

/** Only with ACCOUNTS_FILE: without a listener SIGHUP ends the process, as it should when its terminal is closed. */
function reloadOnSignal(service: Service, { accountsFile }: Config): void {
  if (accountsFile !== null) process.on('SIGHUP', service.reload)
}

function exitCodeOf(service: Service): number {
  return (service.spooled()?.records ?? 0) > 0 ? SPOOL_LEFT_EXIT_CODE : 0
}

/** A second signal that comes this soon is the same Ctrl-C: it reaches Node twice when npm has started it. */
const SAME_SIGNAL_MS = 500

/** Returns a signal that aborts at the first SIGINT or SIGTERM. A second one ends the process at once. */
function handleStopSignals(logger: Logger, drainSeconds: number): AbortSignal {
  const requested = new AbortController()
  let firstAt = 0
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (requested.signal.aborted) {
        if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(1)
        return
      }
      firstAt = performance.now()
      logger.info({ signal, drainSeconds }, 'stopping')
      requested.abort()
    })
  }
  return requested.signal
}

interface StopOptions {
  logger: Logger
  drainSeconds: number
  requested: AbortSignal
}

function stopOnSignal(service: Service, { logger, drainSeconds, requested }: StopOptions): void {
  const end = () => {
    setTimeout(
      () => {
        logger.fatal('cannot stop in time')
        process.exit(1)
      },
      (drainSeconds + STOP_TIMEOUT_SECONDS) * 1000
    ).unref()
    service.stop(drainSeconds).then(
      () => process.exit(exitCodeOf(service)),
      err => {
        logger.fatal({ err }, 'the stop has failed')
        process.exit(1)
      }
    )
  }
  if (requested.aborted) end()
  else requested.addEventListener('abort', end)
}

/** More lines would push the rest off the screen. */
const MAX_ACCOUNTS = 5

/** The summary on a terminal after the start: webhook addresses, and the admin key when it is new. */
export function banner(
  { url, secrets, accounts }: Pick<Service, 'url' | 'secrets' | 'accounts'>,
  config: Config
): string {
  const isEmbedded = config.kafka === null && config.databaseUrl === null
  const lines = [
    ...(config.roles.includes('receive') ? webhookLines(accounts(), config.publicUrl ?? url) : []),
    ...(config.roles.includes('receive') && !config.publicUrl
      ? [['', 'paste it into MightyCall; set PUBLIC_URL to the address that MightyCall can reach']]
      : []),
    ...(config.roles.includes('query') ? [['API', `${url}/v1/calls   described at ${url}/docs`]] : []),
    ...(secrets.generated
      ? [['admin key', `${secrets.adminKey}   (kept in ${secrets.file})`]]
      : isEmbedded
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
