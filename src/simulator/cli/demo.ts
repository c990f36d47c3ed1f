import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { interruptSignal, parseInteger, parseRate, parseShare } from '../../cli/arguments.js'
import { openBar } from '../../cli/progress.js'
import { createServiceClient } from '../../cli/service-client.js'
import { systemClock } from '../../lib/clock.js'
import { DAY_MS } from '../../lib/instant.js'
import { createLogger } from '../../observability/logger.js'
import type { Notation } from '../call-script.js'
import { createDemoClock } from '../demo-clock.js'
import { type DemoWorld, startDemoWorld } from '../demo-world.js'

interface DemoOptions {
  port: number
  speed: number
  seed?: number
  calls: number
  hours: number
  history: number
  family: Notation
  drop: number
}

const EXAMPLES = `
Examples:
  $ mightycall-stream demo
  $ mightycall-stream demo --speed 600 --drop 0.2      ten simulated minutes a second, with a fifth of the webhooks lost
  $ mightycall-stream demo --history 0                 starts at once, with an empty database
  $ npm run demo -- --family contact-center

Needs no account: a simulated MightyCall with a made-up company posts webhooks and serves the REST API, and a service
processes them as usual. It starts with the calls of the last days, of which lost webhooks are made up for by the REST
API. The data is in a temporary directory, which is removed when the demo ends, on Ctrl-C.`

/** The interval between status lines, in real time. */
const STATUS_INTERVAL_MS = 5_000
const POLL_MS = 200
/** In the working hours of a day of the history. */
const CALLS_A_DAY = 60
const PRESENCE_CHANGES_A_DAY = 12

export function demoCommand(): Command {
  return new Command('demo')
    .description('try the service without an account, with a simulated MightyCall')
    .option('-p, --port <number>', 'port of the service on this machine', parseInteger(1, 65_535), 8080)
    .option('--speed <factor>', 'speed of the simulated time', parseRate, 10)
    .option(
      '-s, --seed <number>',
      'the same seed makes the same company (default: a new one each time)',
      parseInteger(0)
    )
    .option('-c, --calls <number>', 'number of calls from now on', parseInteger(1), 400)
    .option('--hours <number>', 'period in which these calls start', parseInteger(1), 8)
    .option('--history <days>', 'days of calls before now; 0 for none', parseInteger(0, 60), 14)
    .addOption(
      new Option('-f, --family <family>', 'kind of the account')
        .choices(['classic', 'contact-center'])
        .default('classic')
    )
    .option('--drop <share>', 'share of webhooks that are never delivered, 0 to 1', parseShare, 0.05)
    .addHelpText('after', EXAMPLES)
    .action(demo)
}

async function demo({ port, speed, calls, hours, history, family, drop, ...options }: DemoOptions): Promise<void> {
  const startAt = systemClock.now()
  const seed = options.seed ?? startAt.getTime() % 2 ** 32
  const stop = interruptSignal()
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-demo-'))
  chmodSync(dir, 0o711) // when started by root, Postgres runs as another user and must reach its data
  try {
    console.log('starting a service, its database and a simulated MightyCall …')
    const logger = createLogger({ level: 'error', terminal: process.stdout.isTTY === true })
    const clock = createDemoClock(startAt)
    const world = await startDemoWorld({
      dir,
      port,
      clock,
      logger,
      company: {
        seed,
        startAt: startAt.getTime(),
        calls,
        hours,
        family,
        isStaffed: true,
        past: { days: history, calls: history * CALLS_A_DAY },
        presenceChanges: (history + 1) * PRESENCE_CHANGES_A_DAY
      },
      webhookFaults: { drop },
      postFrom: startAt.getTime()
    })
    try {
      const show = async () => {
        const since = new Date(startAt.getTime() - history * DAY_MS)
        if (history > 0) for (const line of await loadHistory(world, { since, until: startAt, stop })) console.log(line)
        clock.setRate(speed)
        for (const line of banner(world, { seed, speed })) console.log(line)
        for (;;) {
          await sleep(STATUS_INTERVAL_MS, undefined, { signal: stop })
          console.log(await statusLine(world, { since, until: clock.now() }))
        }
      }
      await show().catch(err => {
        if (!stop.aborted) throw err
      })
    } finally {
      await world.close()
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

interface Interval {
  since: Date
  until: Date
}

/** Waits until the history is projected, reads what it lacks from the REST API, and summarizes it. */
async function loadHistory(
  world: DemoWorld,
  { since, until, stop }: Interval & { stop: AbortSignal }
): Promise<string[]> {
  const { get, post } = apiOf(world)
  const events = world.historyEvents
  await showProgress(`projecting ${events} events of ${daysBetween({ since, until })} days`, stop, async () => {
    const lag = await metric(world, 'mcs_consumer_lag_records')
    return lag === null ? 0 : 1 - Math.min(lag, events) / events
  })
  const { backfill } = await post<{ backfill: { id: string } }>('/v1/backfills', {
    since: since.toISOString(),
    until: until.toISOString()
  })
  await showProgress('reading what webhooks have lost from the REST API', stop, async () => {
    const { state, done } = await get<{ state: string; done: number }>(`/v1/backfills/${backfill.id}`)
    if (state === 'failed') throw new Error('the history could not be read from the simulated MightyCall')
    return state === 'done' ? 1 : Math.min(done, 0.99)
  })
  const query = `since=${since.toISOString()}&until=${until.toISOString()}`
  const { totals } = await get<{ totals: { calls: number; answerRate: number | null }[] }>(`/v1/stats/calls?${query}`)
  const [total] = totals
  const rate = total?.answerRate ?? null
  return [
    '',
    `  history    ${total?.calls ?? 0} calls in ${daysBetween({ since, until })} days` +
      (rate === null ? '' : `, ${Math.round(rate * 100)} % of the inbound ones answered`)
  ]
}

/** Polls `share`, which is 0 to 1, until it is 1, and shows it: a bar on a terminal, otherwise a line at the start. */
async function showProgress(title: string, stop: AbortSignal, share: () => Promise<number>): Promise<void> {
  const bar = process.stderr.isTTY ? openBar(`${title} {bar} {percentage} %`, { barsize: 25 }) : null
  if (bar) bar.start(100, 0)
  else console.log(`${title} …`)
  try {
    for (let done = await share(); done < 1; done = await share()) {
      bar?.update(Math.floor(done * 100))
      await sleep(POLL_MS, undefined, { signal: stop })
    }
    bar?.update(100)
  } finally {
    bar?.stop()
  }
}

function banner(
  { service: { url }, mightyCall, adminKey }: DemoWorld,
  shown: { seed: number; speed: number }
): string[] {
  const curl = `curl -s -H 'Authorization: Bearer ${adminKey}'`
  return [
    `  API        ${url}/docs`,
    `  key        ${adminKey}`,
    `  calls      ${curl} '${url}/v1/calls?limit=3'`,
    `  agents     ${curl} '${url}/v1/agents'`,
    `  now        ${curl} '${url}/v1/stats/now'`,
    `  statistics ${curl} '${url}/v1/stats/calls?bucket=day'`,
    `  gaps       ${curl} '${url}/v1/completeness'`,
    `  live       ${curl} -N '${url}/v1/live'`,
    `  truth      ${mightyCall.url}/truth`,
    `  seed       ${shown.seed}, ${shown.speed} times faster than real time`,
    ''
  ]
}

/** Summarizes the ground truth, the posted webhooks, and the gaps that the service has found and healed. */
async function statusLine(world: DemoWorld, interval: Interval): Promise<string> {
  const { now, calls, voicemails, messages } = world.mightyCall.truth()
  const posted = world.mightyCall.webhooks()
  const { found, healed, open } = await countGaps(world, interval)
  return [
    `${now.slice(11, 16)}  calls ${calls.length}, voicemails ${voicemails.length}, messages ${messages.length}`,
    `webhooks ${posted?.accepted ?? 0} accepted, ${posted?.dropped ?? 0} dropped`,
    `gaps ${found} found, ${healed} healed, ${open} open`
  ].join(' | ')
}

async function countGaps(
  world: DemoWorld,
  { since, until }: Interval
): Promise<{ found: number; healed: number; open: number }> {
  const { hours } = await apiOf(world).get<{ hours: { healed: number; open: number }[] }>(
    `/v1/completeness?limit=1&since=${since.toISOString()}&until=${until.toISOString()}`
  )
  const sum = (name: 'healed' | 'open') => hours.reduce((total, hour) => total + hour[name], 0)
  return { found: sum('healed') + sum('open'), healed: sum('healed'), open: sum('open') }
}

/** The sum over all labels; `null` while there is no such metric. */
async function metric(world: DemoWorld, name: string): Promise<number | null> {
  const headers = { authorization: `Bearer ${world.adminKey}` }
  const text = await (await fetch(`${world.service.url}/metrics`, { headers })).text()
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].map(match => Number(match[1]))
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) : null
}

function apiOf({ service: { url }, adminKey }: DemoWorld) {
  const { request } = createServiceClient({ url, key: adminKey })
  return {
    get: async <T>(route: string) => (await request('GET', route)) as T, // documented by the OpenAPI schema
    post: async <T>(route: string, body: object) => (await request('POST', route, body)) as T
  }
}

function daysBetween({ since, until }: Interval): number {
  return Math.round((until.getTime() - since.getTime()) / DAY_MS)
}
