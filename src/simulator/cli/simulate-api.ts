import { Command, Option } from 'commander'
import { parseRate, parseShare, parseWhole } from '../../cli/arguments.js'
import { fasterClock } from '../../lib/clock.js'
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
  $ mightycall-stream simulate-api --speed 60 --calls 500 --hours 24 --url "http://localhost:8080/webhooks/mightycall/$WEBHOOK_TOKENS"
  $ curl -s localhost:8090/truth | jq .calls
  $ curl -s localhost:8090/faults --json '{ "answer": "html", "times": 3 }'

A MightyCall with one made-up company, whose time begins now. It prints its account as ACCOUNTS_FILE has them: add tokens to it.
/truth tells what really happened until now. /faults makes answers wrong: html, truncated, error, hang, huge; and
{ "blockedForSeconds": 60 } is a spent daily limit. With --url it posts webhooks, too;
a service whose clock is the true one takes those that are dated more than a day ahead for misdated.
It listens on this machine only, and ends with 0 on Ctrl-C.`

export function simulateApiCommand(): Command {
  return new Command('simulate-api')
    .description('be MightyCall: answer as its REST API, of a made-up company')
    .option('-p, --port <number>', 'where it listens, on this machine', parseWhole(0, 65_535), 8090)
    .option('-u, --url <address>', 'the webhook address that it posts to, with its token')
    .option('--speed <factor>', 'how much faster its clock runs', parseRate, 1)
    .option('-s, --seed <number>', 'the same seed makes the same company (default: another each time)', parseWhole(0))
    .option('-c, --calls <number>', 'how many calls', parseWhole(1), 100)
    .option('--hours <number>', 'within how many hours', parseWhole(1), 2)
    .addOption(
      new Option('-f, --family <family>', 'of its account').choices(['classic', 'contact-center']).default('classic')
    )
    .option('--nil-guids', 'the journal tells the GUID of no request', false)
    .option('--drop <share>', 'the share of webhooks that never arrive, 0 to 1', parseShare, 0)
    .option('--duplicate <share>', 'the share that arrives twice', parseShare, 0)
    .option('--reorder <share>', 'the share that arrives late', parseShare, 0)
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
  const startAt = new Date()
  const seed = options.seed ?? startAt.getTime() % 2 ** 32
  const stopped = new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        resolve()
      }) // asked twice, it ends at once
  })
  const mightyCall = await startSimulatedMightyCall({
    port,
    clock: fasterClock({ startAt, rate: speed }),
    company: { seed, startAt: startAt.getTime(), calls, hours, family },
    nilGuids,
    ...(url !== undefined && { webhookUrl: parseWebhookUrl(url) }),
    webhookFaults: { drop, duplicate, reorder }
  })
  for (const line of banner(mightyCall, { kind: family, seed })) console.log(line)
  await stopped
  await mightyCall.close()
  const posted = mightyCall.webhooks()
  if (posted) console.log(`webhooks  ${posted.posted} posted, ${posted.accepted} accepted, ${posted.dropped} dropped`)
}

/** Its keys are made up, and open nothing else. */
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
