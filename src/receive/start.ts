import type { FastifyInstance } from 'fastify'
import type { EventLog } from '../event-log/port.js'
import { encodeEvent } from '../events/record.js'
import { passCrashPoint } from '../lib/crash-points.js'
import type { Metrics } from '../observability/metrics.js'
import { createInFlight } from './admission.js'
import { createTokenLookup, createTokenUses, type TokenOwner, type TokenUse } from './tokens.js'
import webhooks, { WEBHOOK_RESULTS, type WebhookResult } from './webhooks.js'

export interface ReceiveOptions {
  log: EventLog
  metrics: Metrics
  now: () => Date
  /** Those of now: a reload replaces the array. */
  accounts: () => readonly TokenOwner[]
}

export interface ReceiveRole {
  /** Why notifications are refused, or null, besides the log's own trouble. */
  trouble: () => string | null
  tokenUses: () => TokenUse[]
}

/** The receiving role: webhooks into the log. */
export async function serveReceive(
  app: FastifyInstance,
  { log, metrics, now, accounts }: ReceiveOptions
): Promise<ReceiveRole> {
  const inFlight = createInFlight()
  // Found once: prom-client would look the series up by its labels for each webhook.
  const counters = Object.fromEntries(
    WEBHOOK_RESULTS.map(result => [result, metrics.webhooks.labels({ result })])
  ) as Record<WebhookResult, { inc: (value?: number) => void }> // fromEntries forgets the keys
  for (const counter of Object.values(counters)) counter.inc(0) // a rate needs a series before the first event
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
    onResult: (result, account) => {
      counters[result].inc()
      if (account !== null && (result === 'stored' || result === 'unclassified'))
        lastWebhook(account).set(now().getTime() / 1000)
    }
  })
  return { trouble: inFlight.trouble, tokenUses: tokenUses.all }
}

/** The series of an account, found once as well. */
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
