import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command, Option } from 'commander'
import { interruptSignal, parseInteger, parseRate, parseShare } from '../../cli/arguments.js'
import { fasterClock, systemClock } from '../../lib/clock.js'
import { createLogger } from '../../observability/logger.js'
import type { Notation } from '../call-script.js'
import { type DemoWorld, startDemoWorld } from '../demo-world.js'

interface DemoOptions {
  port: number
  speed: number
  seed?: number
  calls: number
  hours: number
  family: Notation
  drop: number
}

const EXAMPLES = `
Examples:
  $ mightycall-stream demo
  $ mightycall-stream demo --speed 600 --drop 0.2      ten simulated minutes a second, with a fifth of the webhooks lost
  $ npm run demo -- --family contact-center

Needs no account: a simulated MightyCall with a made-up company posts webhooks and serves the REST API, and a service
processes them as usual. The data is in a temporary directory, which is removed when the demo ends, on Ctrl-C.`

/** The interval between status lines, in real time. */
const STATUS_INTERVAL_MS = 5_000

export function demoCommand(): Command {
  return new Command('demo')
    .description('try the service without an account, with a simulated MightyCall')
    .option('-p, --port <number>', 'port of the service on this machine', parseInteger(1, 65_535), 8080)
    .option('--speed <factor>', 'speed of the simulated time', parseRate, 60)
    .option(
      '-s, --seed <number>',
      'the same seed makes the same company (default: a new one each time)',
      parseInteger(0)
    )
    .option('-c, --calls <number>', 'number of calls', parseInteger(1), 400)
    .option('--hours <number>', 'period in which the calls start', parseInteger(1), 8)
    .addOption(
      new Option('-f, --family <family>', 'kind of the account')
        .choices(['classic', 'contact-center'])
        .default('classic')
    )
    .option('--drop <share>', 'share of webhooks that are never delivered, 0 to 1', parseShare, 0.05)
    .addHelpText('after', EXAMPLES)
    .action(demo)
}

async function demo({ port, speed, calls, hours, family, drop, ...options }: DemoOptions): Promise<void> {
  const startAt = systemClock.now()
  const seed = options.seed ?? startAt.getTime() % 2 ** 32
  const stopped = once(interruptSignal(), 'abort')
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-demo-'))
  chmodSync(dir, 0o711) // when started by root, Postgres runs as another user and must reach its data
  try {
    console.log('starting a service, its database and a simulated MightyCall …')
    const logger = createLogger({ level: 'error', terminal: process.stdout.isTTY === true, onAlarm: () => {} })
    const clock = fasterClock({ startAt, rate: speed })
    const world = await startDemoWorld({
      dir,
      port,
      clock,
      logger,
      company: { seed, startAt: startAt.getTime(), calls, hours, family },
      webhookFaults: { drop }
    })
    for (const line of banner(world, { seed, speed })) console.log(line)
    const timer = setInterval(() => {
      statusLine(world).then(
        line => console.log(line),
        () => {}
      )
    }, STATUS_INTERVAL_MS)
    await Promise.race([stopped, world.service.failed])
    clearInterval(timer)
    await world.close()
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function banner(
  { service: { url }, mightyCall, adminKey }: DemoWorld,
  { seed, speed }: { seed: number; speed: number }
): string[] {
  return [
    '',
    `  API        ${url}/v1/calls   described at ${url}/docs`,
    `  key        ${adminKey}`,
    `  try        curl -s -H 'Authorization: Bearer ${adminKey}' '${url}/v1/calls?limit=3'`,
    `  gaps       curl -s -H 'Authorization: Bearer ${adminKey}' '${url}/v1/completeness'`,
    `  truth      ${mightyCall.url}/truth`,
    `  seed       ${seed}, ${speed} times faster than real time`,
    ''
  ]
}

/** Summarizes the ground truth, the posted webhooks, and the gaps that the service has found. */
async function statusLine({ service: { url }, mightyCall, adminKey }: DemoWorld): Promise<string> {
  const { now, calls, voicemails, messages } = mightyCall.truth()
  const posted = mightyCall.webhooks()
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } })
  const gaps = /^mcs_gaps_open\{[^}]*\} (\d+)$/m.exec(await response.text())?.[1] ?? '0'
  return [
    `${now.slice(11, 16)}  calls ${calls.length}, voicemails ${voicemails.length}, messages ${messages.length}`,
    `webhooks ${posted?.accepted ?? 0} accepted, ${posted?.dropped ?? 0} dropped`,
    `gaps open ${gaps}`
  ].join(' | ')
}
