import type {} from '@fastify/swagger' // its `hide` in schemas
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

/** Every metric. docs/metrics.md is made from this table. Labels never contain a phone number, a token or an id. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    webhooks: new Counter({
      name: 'mcs_webhooks_total',
      help: 'Requests to the webhook address, by result.',
      labelNames: ['result'] as const,
      registers
    }),
    lastWebhook: new Gauge({
      name: 'mcs_last_webhook_timestamp_seconds',
      help: 'When the last notification that is understood was stored, in seconds since 1970.',
      labelNames: ['account'] as const,
      registers
    }),
    appendDuration: new Histogram({
      name: 'mcs_append_duration_seconds',
      help: 'Duration of appends to the event log, until the events are durable.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers
    }),
    spoolBytes: new Gauge({
      name: 'mcs_spool_bytes',
      help: 'Bytes of records that wait in the spool for Kafka.',
      registers
    }),
    spoolRecords: new Gauge({
      name: 'mcs_spool_records',
      help: 'Records that wait in the spool for Kafka.',
      registers
    }),
    setAside: new Gauge({
      name: 'mcs_spool_set_aside_records',
      help: 'Records that Kafka refused for good; they are kept in the spool.',
      registers
    }),
    consumerLag: new Gauge({
      name: 'mcs_consumer_lag_records',
      help: 'Records in the log that are not projected yet; absent while unknown. The local log has the topic `all`.',
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
      help: 'Time from the receipt of an event until its rows are committed.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600],
      registers
    }),
    deadLetters: new Counter({
      name: 'mcs_dead_letters_total',
      help: 'Records that became dead letters because they can never be projected.',
      registers
    }),
    projectorStopped: new Gauge({
      name: 'mcs_projector_stopped',
      help: '1 while the projector is stopped because too many records failed, otherwise 0; see /health/ready/project.',
      registers
    }),
    alarms: new Counter({
      name: 'mcs_alarms',
      help: 'Alarms by name; docs/alarms.md says what to do about each.',
      labelNames: ['name'] as const,
      registers
    }),
    lastAlarm: new Gauge({
      name: 'mcs_alarm_last_timestamp_seconds',
      help: 'When the last alarm of the name was raised, in seconds since 1970.',
      labelNames: ['name'] as const,
      registers
    }),
    driftEvents: new Counter({
      name: 'mcs_drift_events_total',
      help: 'Distinct events with an unknown type or field; GET /v1/drift lists them.',
      registers
    }),
    quotaUsed: new Gauge({
      name: 'mcs_quota_used_requests',
      help: 'REST requests of the last 24 h with the API key of the account, by all processes; see GET /v1/quota.',
      labelNames: ['account', 'class'] as const,
      registers
    }),
    gapsOpen: new Gauge({
      name: 'mcs_gaps_open',
      help: 'Gaps that have not healed; GET /v1/completeness lists them.',
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
      help: 'Live clients that were disconnected, by the code sent to them: too slow, or the key is no longer valid.',
      labelNames: ['code'] as const,
      registers
    }),
    foldFailures: new Counter({
      name: 'mcs_fold_failures_total',
      help: 'Entities whose rows could not be folded; their events are kept.',
      registers
    })
  }
}

export interface MetricsRouteOptions {
  metrics: Metrics
  /** Sets the gauges whose values are computed at each scrape. */
  refresh: () => Promise<void>
  authenticate: (request: FastifyRequest) => Promise<void>
}

/** GET /metrics, in Prometheus' text format. */
export const metricsRoute = fp<MetricsRouteOptions>(
  async (app, { metrics, refresh, authenticate }) => {
    const forbidCaching = async (_request: FastifyRequest, reply: FastifyReply) => {
      reply.header('cache-control', 'no-store')
    }
    const onRequest = [forbidCaching, authenticate]
    app.get('/metrics', { onRequest, schema: { hide: true } }, async (_request, reply) => {
      await refresh()
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
    })
  },
  { name: 'metrics', fastify: '5.x', encapsulate: true }
)
