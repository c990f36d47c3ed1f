import type {} from '@fastify/swagger' // its `hide` in schemas
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { packageVersion } from '../lib/package-root.js'

export type Metrics = ReturnType<typeof createMetrics>

/** Every metric. docs/metrics.md is made from this table. Labels never contain a phone number, a token or an id. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  // Gauges whose names end like those of counters. `nodejs_active_handles` and the others have the same by type.
  for (const kind of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${kind}_total`)
  new Gauge({
    name: 'mcs_build_info',
    help: 'Always 1; the labels are the versions of the package and of Node.js.',
    labelNames: ['version', 'node_version'] as const,
    registers
  }).set({ version: packageVersion(), node_version: process.versions.node }, 1)
  return {
    registry,
    requestDuration: new Histogram({
      name: 'mcs_http_request_duration_seconds',
      help:
        'Duration of HTTP requests until the response is sent, without event streams. The route is a pattern, or ' +
        '`none` for an unknown path.',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers
    }),
    databaseConnections: new Gauge({
      name: 'mcs_database_connections',
      help: 'Connections of the pool to Postgres, by state: `idle`, or `active` while they are in use.',
      labelNames: ['state'] as const,
      registers
    }),
    databaseConnectionsMax: new Gauge({
      name: 'mcs_database_connections_max',
      help: 'The largest number of connections of the pool: DATABASE_POOL_SIZE.',
      registers
    }),
    databaseWaiting: new Gauge({
      name: 'mcs_database_waiting_queries',
      help: 'Queries and transactions that wait for a connection of the pool.',
      registers
    }),
    mightycallDuration: new Histogram({
      name: 'mcs_mightycall_request_duration_seconds',
      help: 'Duration of requests to the REST API of MightyCall. The status is `none` without a complete response.',
      labelNames: ['route', 'status'] as const,
      buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
      registers
    }),
    mightycallErrors: new Counter({
      name: 'mcs_mightycall_errors_total',
      help: 'Failed calls of a route of the REST API of MightyCall, by the error code: see docs/errors.md.',
      labelNames: ['route', 'code'] as const,
      registers
    }),
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
      name: 'mcs_alarms_total',
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

/** Returns a function that counts a response of the HTTP server. */
export function createRequestObserver({
  requestDuration
}: Metrics): (response: { method: string; route: string | undefined; status: number; seconds: number }) => void {
  // Resolved once for each series: prom-client would look it up by its labels for every request.
  const series = new Map<string, { observe: (seconds: number) => void }>()
  return ({ method, route = 'none', status, seconds }) => {
    const key = `${method} ${status} ${route}`
    const known = series.get(key) ?? requestDuration.labels({ method, route, status })
    series.set(key, known)
    known.observe(seconds)
  }
}

/** Returns an observer that counts the requests to MightyCall: see createRest. */
export function createRestObserver({ mightycallDuration, mightycallErrors }: Metrics) {
  return {
    onExchange: ({ route, status, seconds }: { route: string; status: number | null; seconds: number }) =>
      mightycallDuration.observe({ route, status: status ?? 'none' }, seconds),
    onFailure: ({ route, code }: { route: string; code: string }) => mightycallErrors.inc({ route, code })
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
