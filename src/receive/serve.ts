import type { FastifyInstance } from 'fastify'
import type { CountryCode } from 'libphonenumber-js/min'
import { encodeEvent } from '../events/record.js'
import type { EventLog } from '../event-log/port.js'
import type { Metrics } from '../metrics.js'
import { createInFlight } from './in-flight.js'
import { createTokenLookup } from './tokens.js'
import webhooks, { WEBHOOK_RESULTS } from './webhooks.js'

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
  for (const result of WEBHOOK_RESULTS) metrics.webhooks.inc({ result }, 0) // a rate needs a series before the first event
  await app.register(webhooks, {
    accountOf: createTokenLookup([{ account: { id: DEFAULT_ACCOUNT, apiKey, region }, tokens }]),
    append: async events => {
      const end = metrics.appendDuration.startTimer()
      await log.append(events.map(encodeEvent))
      end()
    },
    now,
    inFlight,
    onResult: (result, account) => {
      metrics.webhooks.inc({ result })
      if (account && (result === 'stored' || result === 'unclassified')) metrics.lastWebhook.set({ account }, now().getTime() / 1000)
    }
  })
  return inFlight.trouble
}
