import type { FastifyInstance } from 'fastify'
import type { EventLog } from '../event-log/port.js'
import { encodeEvent } from '../events/record.js'
import { passCrashPoint } from '../lib/crash-points.js'
import type { Metrics } from '../observability/metrics.js'
import { createInFlight } from './admission.js'
import { createTokenLookup, createTokenUses, type TokenOwner, type TokenUse } from './tokens.js'
import { createUnclassifiedAlarms } from './unclassified-alarms.js'
import webhooks, { WEBHOOK_RESULTS, type WebhookResult } from './webhooks.js'

export interface ReceiveOptions {
  log: EventLog
  metrics: Metrics
  now: () => Date
  /** The current accounts: a reload replaces the array. */
  accounts: () => readonly TokenOwner[]
}

export interface ReceiveRole {
  /** Why notifications are refused, or `null`. Trouble of the log itself is reported by the log. */
  trouble: () => string | null
  tokenUses: () => TokenUse[]
}

/** Registers the receive role, which appends webhooks to the log. */
export async function serveReceive(
  app: FastifyInstance,
  { log, metrics, now, accounts }: ReceiveOptions
): Promise<ReceiveRole> {
  const inFlight = createInFlight()
  // Resolved once: prom-client would look up the series by its labels for every webhook.
  const counters = Object.fromEntries(
    WEBHOOK_RESULTS.map(result => [result, metrics.webhooks.labels({ result })])
  ) as Record<WebhookResult, { inc: (value?: number) => void }> // Object.fromEntries does not keep the key type
  for (const counter of Object.values(counters)) counter.inc(0) // rate() needs the series before the first event
  const lastWebhook = createLastWebhook(metrics)
  const tokenUses = createTokenUses(accounts, now)
  await app.register(webhooks, {
    accountOf: createTokenLookup(accounts, tokenUses.note),
    append: async events => {
      const startedAt = performance.now()
      await log.append(events.map(encodeEvent))
      passCrashPoint('after-append-before-ack')
      metrics.appendDuration.observe((performance.now() - startedAt) / 1000)
    },
    now,
    inFlight,
    onStored: createUnclassifiedAlarms(app.log).note,
    onResult: (result, account) => {
      counters[result].inc()
      // One that is not understood may be of another MightyCall account: it does not end a silence.
      if (account !== null && result === 'stored') lastWebhook(account).set(now().getTime() / 1000)
    }
  })
  return { trouble: inFlight.trouble, tokenUses: tokenUses.all }
}

/** Returns the series of an account, resolved once. */
function createLastWebhook({ lastWebhook }: Metrics): (account: string) => { set: (seconds: number) => void } {
  const series = new Map<string, { set: (seconds: number) => void }>()
  return account => {
    const known = series.get(account)
    if (known) return known
    const found = lastWebhook.labels({ account })
    series.set(account, found)
    return found
  }
}
