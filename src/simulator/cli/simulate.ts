import { Command, Option } from 'commander'
import { interruptSignal, parseInteger, parseRate, parseShare } from '../../cli/arguments.js'
import { SimulateError } from '../../errors.js'
import { systemClock } from '../../lib/clock.js'
import type { Notation } from '../call-script.js'
import { simulateCompany } from '../company.js'
import { applyFaults, paceNotifications } from '../delivery.js'
import type { Notification } from '../notifications.js'
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

The token of a service on this machine is in .data/secrets.env: load it with ". .data/secrets.env".
Posts made-up calls of a small company: missed, answered, transferred, called back, … They are dated when they are
posted. The same seed makes the same calls with the same ids: posted twice, they are the same calls at another time.
Exits with 0 when every notification was accepted, and stops gracefully on Ctrl-C.`

/** The maximum delay of a late notification or a second copy, in notifications. */
const MAX_DELAY_NOTIFICATIONS = 20
/** About three calls at a time. */
const CALLS_PER_HOUR = 60
const PROGRESS_MS = 200

export function simulateCommand(): Command {
  return new Command('simulate')
    .description('simulate MightyCall: post the notifications of a made-up company')
    .requiredOption('-u, --url <address>', 'webhook address, with its token')
    .option('-r, --rate <number>', 'notifications a second', parseRate, 5)
    .option('-s, --seed <number>', 'the same seed makes the same calls (default: new ones each time)', parseInteger(0))
    .option('-c, --calls <number>', 'number of calls', parseInteger(1), 100)
    .addOption(
      new Option('-f, --family <family>', 'format of the notifications')
        .choices(['classic', 'contact-center'])
        .default('classic')
    )
    .option('--drop <share>', 'share that is never delivered, 0 to 1', parseShare, 0)
    .option('--duplicate <share>', 'share that is delivered twice', parseShare, 0)
    .option('--reorder <share>', 'share that is delivered late', parseShare, 0)
    .option('-n, --count <notifications>', 'stop after this number', parseInteger(1))
    .addHelpText('after', EXAMPLES)
    .action(simulate)
}

async function simulate(options: SimulateOptions): Promise<void> {
  const now = () => systemClock.now().getTime()
  const seed = options.seed ?? now() % 2 ** 32
  const url = parseWebhookUrl(options.url)
  const notifications = notificationsOf(options, seed, now())
  const posted = await postAll(url, notifications, {
    signal: interruptSignal(),
    now,
    onPosted: progress(notifications.length, now)
  }).finally(() => {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  })
  for (const line of summary(posted, notifications.length, seed)) console.log(line)
  process.exitCode = posted.refused.size > 0 ? 1 : 0
}

/** Returns the notifications in posting order, dated when they are posted. */
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
  const delayMs = Math.ceil((MAX_DELAY_NOTIFICATIONS * 1000) / rate)
  return applyFaults(due, { seed, drop, duplicate, reorder, delayMs }).slice(0, count)
}

/** Shows progress in one line that is overwritten, on a terminal only. */
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

/** Not an option parser, since the error message of commander would print the token. */
export function parseWebhookUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new SimulateError(
      '--url must be the address that MightyCall would post to: http://…/webhooks/mightycall/<token>'
    )
  return url
}
