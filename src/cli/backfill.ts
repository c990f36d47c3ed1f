import { Command } from 'commander'
import type { BackfillJson } from '../api/admin/backfills.js'
import { loadConfig } from '../config/config.js'
import { adminKeyOf } from '../config/secrets.js'
import { ServiceError } from '../errors.js'
import { pause } from '../lib/backoff.js'
import { systemClock } from '../lib/clock.js'
import type { BeginOutcome } from '../reconcile/backfill/store.js'
import { interruption } from './arguments.js'
import { amountOf, createBackfillProgress } from './backfill-progress.js'
import { createServiceClient, isAway, type ServiceClient } from './service-client.js'

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
  $ mightycall-stream backfill                                         look at the one that is running
  $ mightycall-stream backfill --stop

Calls, voicemails and messages that MightyCall knows and we do not, the newest days first. The running service reads them, in what its
daily requests leave to it: half of MIGHTYCALL_DAILY_BUDGET, less what all else takes. When that is spent it waits, if need be for days,
and goes on; so it does after a restart. To end this command does not end it. Its key is ADMIN_KEY, or the one in DATA_DIR.
Ends with 0 when all is read, with 1 when it failed or was stopped, with 130 when it was interrupted and goes on in the service.`

const LOOK_EVERY_MS = 1_000
/** A service that starts again takes some seconds. */
const PATIENCE_MS = 60_000

export function backfillCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('backfill')
    .description('read an interval of the past from MightyCall')
    .option('-s, --since <time>', 'from this day, or instant (RFC 3339), on')
    .option('-u, --until <time>', 'before this day or instant (default: now)')
    .option('-a, --account <id>', 'of this account; needed where there are several')
    .option('--stop', 'stop what is running', false)
    .option('--url <address>', 'of the service (default: http://127.0.0.1 and PORT)')
    .addHelpText('after', EXAMPLES)
    .action(async (options: BackfillCommandOptions, command: Command) => {
      if (options.since === undefined && options.until !== undefined) command.error('error: --until needs --since')
      if (options.stop && options.since !== undefined) command.error('error: --stop goes without --since')
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
  const { outcome, backfill } = (await service.ask('POST', '/v1/backfills', { account, since, until })) as {
    outcome: BeginOutcome
    backfill: BackfillJson
  } // as its description says
  const words = { begun: 'begun', joined: 'running already', resumed: 'going on where it was' } satisfies Record<
    BeginOutcome,
    string
  >
  console.log(`${words[outcome]}: ${backfill.account}, ${backfill.since} until ${backfill.until}`)
  return backfill
}

async function running(service: ServiceClient, account: string | undefined): Promise<BackfillJson[]> {
  const { data } = (await service.ask(
    'GET',
    `/v1/backfills${account === undefined ? '' : `?account=${encodeURIComponent(account)}`}`
  )) as { data: BackfillJson[] } // as its description says
  return data.filter(({ state }) => state === 'running')
}

/** @throws ServiceError  there is none, or several */
async function onlyRunning(service: ServiceClient, account: string | undefined): Promise<BackfillJson> {
  const [only, another] = await running(service, account)
  if (!only) throw new ServiceError('no backfill is running: begin one with --since')
  if (another) throw new ServiceError('several are running: name one by --account')
  return only
}

async function stopRunning(service: ServiceClient, account: string | undefined): Promise<void> {
  const all = await running(service, account)
  for (const { id } of all) {
    const backfill = (await service.ask('DELETE', `/v1/backfills/${id}`)) as BackfillJson // as its description says
    console.log(`${backfill.state}: ${backfill.account}, ${amountOf(backfill)}`)
  }
  if (all.length === 0) console.log('no backfill is running')
}

/** Shows how far it is until it ends, or somebody has seen enough; returns the exit code. */
async function follow(service: ServiceClient, begun: BackfillJson): Promise<number> {
  const signal = interruption()
  const progress = createBackfillProgress()
  let backfill = begun
  try {
    for (let answeredAt = performance.now(); backfill.state === 'running' && !signal.aborted; ) {
      progress.show(backfill, systemClock.now())
      await pause(LOOK_EVERY_MS, signal)
      const seen = await look(service, begun.id)
      if (seen) [backfill, answeredAt] = [seen, performance.now()]
      else if (performance.now() - answeredAt > PATIENCE_MS)
        throw new ServiceError(
          `the service at ${service.url} does not answer any more: the backfill goes on when it starts again`
        )
    }
    if (backfill.state !== 'running') progress.show(backfill, systemClock.now())
  } finally {
    progress.stop()
  }
  console.log(endOf(backfill))
  return backfill.state === 'running' ? 130 : backfill.state === 'done' ? 0 : 1
}

/** Null: nobody answers just now. */
async function look(service: ServiceClient, id: string): Promise<BackfillJson | null> {
  return service.ask('GET', `/v1/backfills/${id}`).then(
    backfill => backfill as BackfillJson,
    err => {
      // as its description says
      if (isAway(err)) return null
      throw err
    }
  )
}

function endOf(backfill: BackfillJson): string {
  const { state, failed } = backfill
  if (state === 'running')
    return 'it goes on in the service: see it by "mightycall-stream backfill", stop it by "mightycall-stream backfill --stop"'
  if (state === 'done') return `done: ${amountOf(backfill)}`
  return `${state}${failed ? ` (${failed.message} [${failed.code}])` : ''}: ${amountOf(backfill)}; the same command goes on there`
}
