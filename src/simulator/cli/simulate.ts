import { Command, Option } from 'commander'
import { parseRate, parseShare, parseWhole } from '../../cli/arguments.js'
import { SimulateError } from '../../errors.js'
import type { Notation } from '../call-script.js'
import { simulateCompany } from '../company.js'
import { applyFaults } from '../faults.js'
import type { Notification } from '../notifications.js'
import { paceNotifications } from '../paced.js'
import { type PostSummary, postAll } from '../post.js'

interface SimulateOptions {
  url: string
  rate: number
  seed?: number
  calls: number
  family: Notation
  drop: number
  duplicate: number
  reorder: number
  count?: number
}

const EXAMPLES = `
Examples:
  $ mightycall-stream simulate --url "http://localhost:8080/webhooks/mightycall/$WEBHOOK_TOKENS"
  $ mightycall-stream simulate --url … --rate 100 --calls 1000 --seed 1
  $ mightycall-stream simulate --url … --family contact-center --drop 0.02 --duplicate 0.1 --reorder 0.1

The token of a service on this machine is in .data/secrets.env: read it by ". .data/secrets.env".
Made-up calls of a small company: missed, answered, transferred, called back, … They happen from now on, as fast as they are posted.
The same seed makes the same calls with the same ids: posted twice, they are the same calls again at another time.
Ends with 0 when every notification was accepted, and gracefully on Ctrl-C.`

/** Within so many notifications a late one, or a second copy, arrives. */
const LATE_BY = 20
/** Lively: about three calls at a time. */
const CALLS_PER_HOUR = 60
const PROGRESS_MS = 200

export function simulateCommand(): Command {
  return new Command('simulate')
    .description('be MightyCall: post the notifications of a made-up company')
    .requiredOption('-u, --url <address>', 'the webhook address, with its token')
    .option('-r, --rate <number>', 'notifications a second', parseRate, 5)
    .option('-s, --seed <number>', 'the same seed makes the same calls (default: another each time)', parseWhole(0))
    .option('-c, --calls <number>', 'how many calls', parseWhole(1), 100)
    .addOption(
      new Option('-f, --family <family>', 'how they are notified')
        .choices(['classic', 'contact-center'])
        .default('classic')
    )
    .option('--drop <share>', 'the share that never arrives, 0 to 1', parseShare, 0)
    .option('--duplicate <share>', 'the share that arrives twice', parseShare, 0)
    .option('--reorder <share>', 'the share that arrives late', parseShare, 0)
    .option('-n, --count <notifications>', 'end after so many', parseWhole(1))
    .addHelpText('after', EXAMPLES)
    .action(simulate)
}

async function simulate(options: SimulateOptions): Promise<void> {
  const now = () => Date.now()
  const seed = options.seed ?? now() % 2 ** 32
  const url = parseWebhookUrl(options.url)
  const notifications = notificationsOf(options, seed, now())
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      stop.abort()
    }) // asked twice, it ends at once
  const posted = await postAll(url, notifications, {
    signal: stop.signal,
    now,
    onPosted: progress(notifications.length, now)
  }).finally(() => {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  })
  for (const line of summary(posted, notifications.length, seed)) console.log(line)
  process.exitCode = posted.refused.size > 0 ? 1 : 0
}

/** In the order and with the times of their posting. */
function notificationsOf(
  { calls, family, rate, drop, duplicate, reorder, count }: SimulateOptions,
  seed: number,
  startAt: number
): Notification[] {
  const { notifications } = simulateCompany({
    seed,
    startAt,
    calls,
    family,
    messages: 0,
    contacts: 0,
    hours: calls / CALLS_PER_HOUR
  })
  const due = paceNotifications(notifications, { startAt, rate })
  return applyFaults(due, { seed, drop, duplicate, reorder, delayMs: Math.ceil((LATE_BY * 1000) / rate) }).slice(0, count)
}

/** A line that is written over, on a terminal only. */
function progress(total: number, now: () => number): (soFar: PostSummary) => void {
  if (!process.stderr.isTTY) return () => {}
  let shownAt = 0
  return soFar => {
    if (now() - shownAt < PROGRESS_MS) return
    shownAt = now()
    const share = Math.floor((soFar.posted / total) * 100)
    process.stderr.write(
      `\r\x1b[K${share} %   ${soFar.posted} of ${total} posted, ${soFar.accepted} accepted, ${perSecond(soFar)}`
    )
  }
}

function summary(posted: PostSummary, total: number, seed: number): string[] {
  const refused = [...posted.refused].map(([status, count]) => `${count} (${status})`).join(', ') || '0'
  return [
    `posted    ${posted.posted} of ${total} notifications in ${posted.seconds.toFixed(1)} s, ${perSecond(posted)}`,
    `accepted  ${posted.accepted}`,
    `refused   ${refused}`,
    `seed      ${seed}`
  ]
}

function perSecond({ posted, seconds }: PostSummary): string {
  return `${(posted / Math.max(seconds, 0.001)).toFixed(1)} a second`
}

/** Not while options are parsed: commander's complaint would print the token. */
export function parseWebhookUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new SimulateError(
      '--url must be the address that MightyCall would post to: http://…/webhooks/mightycall/<token>'
    )
  return url
}
