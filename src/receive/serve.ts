import type { FastifyInstance } from 'fastify'
import type { CountryCode } from 'libphonenumber-js/min'
import { encodeEvent } from '../events/record.js'
import type { EventLog } from '../event-log/port.js'
import type { Metrics } from '../metrics.js'
import { createInFlight } from './in-flight.js'
import { createTokenLookup } from './tokens.js'
import webhooks, { WEBHOOK_RESULTS, type WebhookResult } from './webhooks.js'

/** The account of an installation that has only one. */
const DEFAULT_ACCOUNT = 'default'

export interface ReceiveOptions {
  log: EventLog
  metrics: Metrics
  now: () => Date
  tokens: readonly string[]
  apiKey: string | null
  region: CountryCode
}

/**
 * The receiving role: webhooks into the log.
 * @returns why notifications are refused, or null, besides the log's own trouble
 */
export async function serveReceive (app: FastifyInstance, { log, metrics, now, tokens, apiKey, region }: ReceiveOptions): Promise<() => string | null> {
  const inFlight = createInFlight()
  // Found once: prom-client would look the series up by its labels for each webhook.
  const counters = Object.fromEntries(WEBHOOK_RESULTS.map(result => [result, metrics.webhooks.labels({ result })])) as Record<WebhookResult, { inc: (value?: number) => void }> // fromEntries forgets the keys
  for (const counter of Object.values(counters)) counter.inc(0) // a rate needs a series before the first event
  const lastWebhook = metrics.lastWebhook.labels({ account: DEFAULT_ACCOUNT })
  await app.register(webhooks, {
    accountOf: createTokenLookup([{ account: { id: DEFAULT_ACCOUNT, apiKey, region }, tokens }]),
    append: async events => {
      const startedAt = performance.now()
      await log.append(events.map(encodeEvent))
      metrics.appendDuration.observe((performance.now() - startedAt) / 1000)
    },
    now,
    inFlight,
    onResult: result => {
      counters[result].inc()
      if (result === 'stored' || result === 'unclassified') lastWebhook.set(now().getTime() / 1000)
    }
  })
  return inFlight.trouble
}
