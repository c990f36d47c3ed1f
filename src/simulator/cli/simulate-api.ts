import { once } from 'node:events'
import { Command, Option } from 'commander'
import { interruptSignal, parseInteger, parseRate, parseShare } from '../../cli/arguments.js'
import { fasterClock, systemClock } from '../../lib/clock.js'
import type { Notation } from '../call-script.js'
import { type SimulatedMightyCall, startSimulatedMightyCall } from '../http/start.js'
import { parseWebhookUrl } from './simulate.js'

interface SimulateApiOptions {
  port: number
  url?: string
  speed: number
  seed?: number
  calls: number
  hours: number
  family: Notation
  nilGuids: boolean
  drop: number
  duplicate: number
  reorder: number
}

const EXAMPLES = `
Examples:
  $ mightycall-stream simulate-api
  $ mightycall-stream simulate-api --speed 60 --calls 500 --hours 24 \\
      --url "http://localhost:8080/webhooks/mightycall/$WEBHOOK_TOKENS"
  $ curl -s localhost:8090/truth | jq .calls
  $ curl -s localhost:8090/faults --json '{ "answer": "html", "times": 3 }'

Simulates MightyCall with one made-up company, whose history starts now. Prints an account for ACCOUNTS_FILE, to which
you add tokens. GET /truth returns the ground truth until now. POST /faults makes responses faulty (html, truncated,
error, hang, huge), and { "blockedForSeconds": 60 } simulates a spent daily limit. With --url it also posts webhooks;
a service with a real clock treats those that are dated more than a day ahead as misdated.
Listens on this machine only, and exits with 0 on Ctrl-C.`

export function simulateApiCommand(): Command {
  return new Command('simulate-api')
    .description('simulate MightyCall: serve its REST API for a made-up company')
    .option('-p, --port <number>', 'port on this machine', parseInteger(0, 65_535), 8090)
    .option('-u, --url <address>', 'webhook address to post to, with its token')
    .option('--speed <factor>', 'speed of the simulated time', parseRate, 1)
    .option(
      '-s, --seed <number>',
      'the same seed makes the same company (default: a new one each time)',
      parseInteger(0)
    )
    .option('-c, --calls <number>', 'number of calls', parseInteger(1), 100)
    .option('--hours <number>', 'period in which the calls start', parseInteger(1), 2)
    .addOption(
      new Option('-f, --family <family>', 'kind of the account')
        .choices(['classic', 'contact-center'])
        .default('classic')
    )
    .option('--nil-guids', 'give every request of the journal a nil GUID', false)
    .option('--drop <share>', 'share of webhooks that are never delivered, 0 to 1', parseShare, 0)
    .option('--duplicate <share>', 'share that is delivered twice', parseShare, 0)
    .option('--reorder <share>', 'share that is delivered late', parseShare, 0)
    .addHelpText('after', EXAMPLES)
    .action(simulateApi)
}

async function simulateApi({
  port,
  url,
  speed,
  calls,
  hours,
  family,
  nilGuids,
  drop,
  duplicate,
  reorder,
  ...options
}: SimulateApiOptions): Promise<void> {
  const startAt = systemClock.now()
  const seed = options.seed ?? startAt.getTime() % 2 ** 32
  const webhookUrl = url === undefined ? undefined : parseWebhookUrl(url) // may throw: before signals are handled
  const stopped = once(interruptSignal(), 'abort')
  const mightyCall = await startSimulatedMightyCall({
    port,
    clock: fasterClock({ startAt, rate: speed }),
    company: { seed, startAt: startAt.getTime(), calls, hours, family },
    nilGuids,
    ...(webhookUrl && { webhookUrl }),
    webhookFaults: { drop, duplicate, reorder }
  })
  for (const line of banner(mightyCall, { kind: family, seed })) console.log(line)
  await stopped
  await mightyCall.close()
  const posted = mightyCall.webhooks()
  if (posted) console.log(`webhooks  ${posted.posted} posted, ${posted.accepted} accepted, ${posted.dropped} dropped`)
}

/** The printed keys are made up and valid for this simulation only. */
function banner(
  { baseUrl, url, apiKey, userKeys }: SimulatedMightyCall,
  { kind, seed }: { kind: Notation; seed: number }
): string[] {
  return [
    `account   ${JSON.stringify({ id: 'simulated', apiKey, userKeys, kind, baseUrl })}`,
    `truth     ${url}/truth`,
    `seed      ${seed}`
  ]
}
