import type {} from '@fastify/swagger' // its `hide` in schemas
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

/** Every metric in one table; docs/metrics.md is made from it. Labels never hold a number, a token or an id. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    webhooks: new Counter({
      name: 'mcs_webhooks_total',
      help: 'Requests to the webhook address, by what became of them.',
      labelNames: ['result'] as const,
      registers
    }),
    lastWebhook: new Gauge({
      name: 'mcs_last_webhook_timestamp_seconds',
      help: 'When the last authenticated notification was stored, in seconds since 1970.',
      labelNames: ['account'] as const,
      registers
    }),
    appendDuration: new Histogram({
      name: 'mcs_append_duration_seconds',
      help: 'How long the event log took until events were durable.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers
    }),
    spoolBytes: new Gauge({
      name: 'mcs_spool_bytes',
      help: 'Bytes on the disk of what waits there for Kafka.',
      registers
    }),
    spoolRecords: new Gauge({
      name: 'mcs_spool_records',
      help: 'Records on the disk that wait there for Kafka.',
      registers
    }),
    setAside: new Gauge({
      name: 'mcs_spool_set_aside_records',
      help: 'Records that Kafka has refused for good, kept on the disk.',
      registers
    }),
    consumerLag: new Gauge({
      name: 'mcs_consumer_lag_records',
      help: 'Records in the log that are not projected yet; nothing while that cannot be known. Of the local log the topic is `all`.',
      labelNames: ['topic', 'partition'] as const,
      registers
    }),
    projected: new Counter({
      name: 'mcs_projected_records_total',
      help: 'Records projected into the read models.',
      labelNames: ['topic'] as const,
      registers
    }),
    projectionDelay: new Histogram({
      name: 'mcs_projection_delay_seconds',
      help: 'From the receipt of an event until its rows were committed.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600],
      registers
    }),
    deadLetters: new Counter({
      name: 'mcs_dead_letters_total',
      help: 'Records set aside because they can never be projected.',
      registers
    }),
    projectorStopped: new Gauge({
      name: 'mcs_projector_stopped',
      help: 'Whether the projector stands still, because too many records have failed: 1 or 0; /health/ready/project says more.',
      registers
    }),
    alarms: new Counter({
      name: 'mcs_alarms',
      help: 'Alarms, by name; the log says more of each.',
      labelNames: ['name'] as const,
      registers
    }),
    lastAlarm: new Gauge({
      name: 'mcs_alarm_last_timestamp_seconds',
      help: 'When the last alarm of that name was, in seconds since 1970.',
      labelNames: ['name'] as const,
      registers
    }),
    driftEvents: new Counter({
      name: 'mcs_drift_events_total',
      help: 'Distinct events that held a type or a field that we do not know; GET /v1/drift says which.',
      registers
    }),
    quotaUsed: new Gauge({
      name: 'mcs_quota_used_requests',
      help: "Requests to MightyCall's REST API in the last 24 h with the account's API key, by all processes; GET /v1/quota says what is left.",
      labelNames: ['account', 'class'] as const,
      registers
    }),
    gapsOpen: new Gauge({
      name: 'mcs_gaps_open',
      help: 'What is known to be missing, and has not healed; GET /v1/completeness says what.',
      labelNames: ['account'] as const,
      registers
    }),
    liveClients: new Gauge({
      name: 'mcs_live_clients',
      help: 'Clients of GET /v1/live that are connected to this process.',
      registers
    }),
    liveDropped: new Counter({
      name: 'mcs_live_dropped_total',
      help: 'Live clients that were dropped, by the code that they were sent: they did not take what was sent, or their key is no longer valid.',
      labelNames: ['code'] as const,
      registers
    }),
    foldFailures: new Counter({
      name: 'mcs_fold_failures_total',
      help: 'Entities whose row could not be folded; their events are kept.',
      registers
    })
  }
}

/** Returns a function that counts an alarm by its name, for the logger: see logger.ts. */
export function alarmCounter({ alarms, lastAlarm }: Metrics, now: () => Date): (name: string) => void {
  return name => {
    alarms.inc({ name })
    lastAlarm.set({ name }, now().getTime() / 1000)
  }
}

export interface MetricsRouteOptions {
  metrics: Metrics
  /** Sets what is only known when it is asked for. */
  refresh: () => Promise<void>
  authenticate: (request: FastifyRequest) => Promise<void>
}

/** GET /metrics, in Prometheus' text format. */
export const metricsRoute = fp<MetricsRouteOptions>(
  async (app, { metrics, refresh, authenticate }) => {
    app.get('/metrics', { onRequest: authenticate, schema: { hide: true } }, async (_request, reply) => {
      await refresh()
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
    })
  },
  { name: 'metrics', fastify: '5.x', encapsulate: true }
)
