import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command, Option } from 'commander'
import { parseRate, parseShare, parseWhole } from '../../cli/arguments.js'
import { fasterClock } from '../../lib/clock.js'
import { createLogger } from '../../observability/logger.js'
import type { Notation } from '../call-script.js'
import { startDemoWorld, type DemoWorld } from '../demo-world.js'

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
  $ mightycall-stream demo --speed 600 --drop 0.2      a tenth of a second is a minute, and a fifth of the webhooks is lost
  $ npm run demo -- --family contact-center

Needs no account: a made-up company calls, texts and leaves voicemails, its MightyCall posts webhooks and answers by REST, and the
service does what it always does. The data is in a temporary folder, and gone when it ends, on Ctrl-C.`

/** How often it says how things are, in true time. */
const STATUS_INTERVAL_MS = 5_000

export function demoCommand(): Command {
  return new Command('demo')
    .description('try it without an account: a service, and the MightyCall of a made-up company')
    .option('-p, --port <number>', 'where the service listens, on this machine', parseWhole(1, 65_535), 8080)
    .option('--speed <factor>', 'how much faster than time everything runs', parseRate, 60)
    .option('-s, --seed <number>', 'the same seed makes the same company (default: another each time)', parseWhole(0))
    .option('-c, --calls <number>', 'how many calls', parseWhole(1), 400)
    .option('--hours <number>', 'within how many hours', parseWhole(1), 8)
    .addOption(
      new Option('-f, --family <family>', 'of its account').choices(['classic', 'contact-center']).default('classic')
    )
    .option('--drop <share>', 'the share of webhooks that never arrive, 0 to 1', parseShare, 0.05)
    .addHelpText('after', EXAMPLES)
    .action(demo)
}

async function demo({ port, speed, calls, hours, family, drop, ...options }: DemoOptions): Promise<void> {
  const startAt = new Date()
  const seed = options.seed ?? startAt.getTime() % 2 ** 32
  const stopped = new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        resolve()
      }) // asked twice, it ends at once
  })
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mcs-demo-'))
  chmodSync(dir, 0o711) // run by root, Postgres has an account of its own
  try {
    console.log('starting a service, its database and a MightyCall …')
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
    `  seed       ${seed}, ${speed} times as fast as time`,
    ''
  ]
}

/** What happened, what of it was posted, and what the service has found out. */
async function statusLine({ service: { url }, mightyCall, adminKey }: DemoWorld): Promise<string> {
  const { now, calls, voicemails, messages } = mightyCall.truth()
  const posted = mightyCall.webhooks()
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } })
  const gaps = /^mcs_gaps_open\{[^}]*\} (\d+)$/m.exec(await answer.text())?.[1] ?? '0'
  return `${now.slice(11, 16)}  calls ${calls.length}, voicemails ${voicemails.length}, messages ${messages.length} | webhooks ${posted?.accepted ?? 0} taken, ${posted?.dropped ?? 0} lost on the way | gaps open ${gaps}`
}
