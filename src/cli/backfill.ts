import { Command } from 'commander'
import type { BackfillJson } from '../api/admin/backfills.js'
import { loadConfig } from '../config/config.js'
import { adminKeyOf } from '../config/secrets.js'
import { ServiceError } from '../errors.js'
import { pause } from '../lib/backoff.js'
import { systemClock } from '../lib/clock.js'
import type { BeginOutcome } from '../reconcile/backfill/store.js'
import { interruptSignal } from './arguments.js'
import { amountOf, createBackfillProgress } from './backfill-progress.js'
import { createServiceClient, isUnreachable, type ServiceClient } from './service-client.js'

interface BackfillCommandOptions {
  since?: string
  until?: string
  account?: string
  stop: boolean
  url?: string
}

const EXAMPLES = `
Examples:
  $ mightycall-stream backfill --since 2026-01-01 --until 2026-02-01   January, in UTC
  $ mightycall-stream backfill --since 2026-01-01                      from then until now, at most 366 days
  $ mightycall-stream backfill                                         watch the running one
  $ mightycall-stream backfill --stop

Reads the calls, voicemails and messages that MightyCall knows and this service does not, the newest days first.
The running service reads them with at most half of MIGHTYCALL_DAILY_BUDGET, less what other requests use. When that is
spent, it waits, for days if need be, and continues; it also continues after a restart. Ending this command does not end
the backfill. The key is ADMIN_KEY, or the one in DATA_DIR.
Exit codes: 0 everything is read, 1 it failed or was stopped, 130 interrupted while it continues in the service.`

const POLL_INTERVAL_MS = 1_000
/** A restart of the service takes some seconds. */
const UNREACHABLE_TIMEOUT_MS = 60_000

export function backfillCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('backfill')
    .description('read an interval of the past from MightyCall')
    .option('-s, --since <time>', 'from this day, or instant (RFC 3339), on')
    .option('-u, --until <time>', 'before this day or instant (default: now)')
    .option('-a, --account <id>', 'the account; required when there are several')
    .option('--stop', 'stop the running backfills', false)
    .option('--url <address>', 'address of the service (default: http://127.0.0.1 with PORT)')
    .addHelpText('after', EXAMPLES)
    .action(async (options: BackfillCommandOptions, command: Command) => {
      if (options.since === undefined && options.until !== undefined) command.error('error: --until needs --since')
      if (options.stop && options.since !== undefined) command.error('error: --stop cannot be used with --since')
      const config = loadConfig(environment)
      const service = createServiceClient({
        url: options.url ?? `http://127.0.0.1:${config.port}`,
        key: adminKeyOf(config)
      })
      if (options.stop) return stopRunning(service, options.account)
      process.exitCode = await follow(
        service,
        options.since === undefined ? await onlyRunning(service, options.account) : await begin(service, options)
      )
    })
}

async function begin(service: ServiceClient, { account, since, until }: BackfillCommandOptions): Promise<BackfillJson> {
  const { outcome, backfill } = (await service.request('POST', '/v1/backfills', { account, since, until })) as {
    outcome: BeginOutcome
    backfill: BackfillJson
  } // the OpenAPI document describes it
  const words = { begun: 'begun', joined: 'running already', resumed: 'resumed' } satisfies Record<BeginOutcome, string>
  console.log(`${words[outcome]}: ${backfill.account}, ${backfill.since} until ${backfill.until}`)
  return backfill
}

async function running(service: ServiceClient, account: string | undefined): Promise<BackfillJson[]> {
  const { data } = (await service.request(
    'GET',
    `/v1/backfills${account === undefined ? '' : `?account=${encodeURIComponent(account)}`}`
  )) as { data: BackfillJson[] } // the OpenAPI document describes it
  return data.filter(({ state }) => state === 'running')
}

/** @throws ServiceError  none is running, or several are */
async function onlyRunning(service: ServiceClient, account: string | undefined): Promise<BackfillJson> {
  const [only, another] = await running(service, account)
  if (!only) throw new ServiceError('no backfill is running: start one with --since')
  if (another) throw new ServiceError('several backfills are running: choose one with --account')
  return only
}

async function stopRunning(service: ServiceClient, account: string | undefined): Promise<void> {
  const all = await running(service, account)
  for (const { id } of all) {
    // the OpenAPI document describes the answer
    const backfill = (await service.request('DELETE', `/v1/backfills/${id}`)) as BackfillJson
    console.log(`${backfill.state}: ${backfill.account}, ${amountOf(backfill)}`)
  }
  if (all.length === 0) console.log('no backfill is running')
}

/** Shows the progress until the backfill ends or the command is interrupted; returns the exit code. */
async function follow(service: ServiceClient, begun: BackfillJson): Promise<number> {
  const signal = interruptSignal()
  const progress = createBackfillProgress()
  let backfill = begun
  try {
    for (let answeredAt = performance.now(); backfill.state === 'running' && !signal.aborted; ) {
      progress.show(backfill, systemClock.now())
      await pause(POLL_INTERVAL_MS, signal)
      const seen = await look(service, begun.id)
      if (seen) [backfill, answeredAt] = [seen, performance.now()]
      else if (performance.now() - answeredAt > UNREACHABLE_TIMEOUT_MS)
        throw new ServiceError(
          `the service at ${service.url} does not answer any more: the backfill continues when it is started again`
        )
    }
    if (backfill.state !== 'running') progress.show(backfill, systemClock.now())
  } finally {
    progress.stop()
  }
  console.log(endOf(backfill))
  return backfill.state === 'running' ? 130 : backfill.state === 'done' ? 0 : 1
}

/** Resolves with null when the service does not answer at the moment. */
async function look(service: ServiceClient, id: string): Promise<BackfillJson | null> {
  return service.request('GET', `/v1/backfills/${id}`).then(
    backfill => backfill as BackfillJson, // the OpenAPI document describes it
    err => {
      if (isUnreachable(err)) return null
      throw err
    }
  )
}

function endOf(backfill: BackfillJson): string {
  const { state, failed } = backfill
  if (state === 'running')
    return (
      'it continues in the service: watch it with "mightycall-stream backfill", ' +
      'stop it with "mightycall-stream backfill --stop"'
    )
  if (state === 'done') return `done: ${amountOf(backfill)}`
  const reason = failed ? ` (${failed.message} [${failed.code}])` : ''
  return `${state}${reason}: ${amountOf(backfill)}; the same command continues there`
}
