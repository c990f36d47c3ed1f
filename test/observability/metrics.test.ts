import { pino } from 'pino'
import t from 'tap'
import { refreshPoolGauges } from '../../src/app/gauges.js'
import { createHttp } from '../../src/http/server.js'
import { createMetrics, createRequestObserver, createRestObserver } from '../../src/observability/metrics.js'
import { sampleAll } from '../support/metric-samples.js'

t.test('the name of a metric ends with _total exactly when it is a counter, and it has a help text', async t => {
  const metrics = createMetrics()
  sampleAll(metrics)
  for (const { name, type, help, values } of await metrics.registry.getMetricsAsJSON()) {
    t.equal(name.endsWith('_total'), String(type) === 'counter', name)
    t.match(help, /./, name)
    if (name.startsWith('mcs_')) t.ok(values.length > 0, `${name} has a sample`)
  }
})

t.test('requests are counted by method, pattern of the route and status, never by what the URL contains', async t => {
  const metrics = createMetrics()
  const app = createHttp({
    logger: pino({ level: 'silent' }),
    trustProxy: false,
    onResponse: createRequestObserver(metrics)
  })
  app.get('/v1/numbers/:number', async () => ({}))
  for (const url of ['/v1/numbers/+15551234567?q=15551234567', '/v1/numbers/+15551234567', '/+15551234567', '/%zz5551'])
    await app.inject(url)
  await app.inject({ method: 'PUT', url: '/v1/numbers/+15551234567' })
  const text = await metrics.registry.metrics()
  const count = (labels: string) => new RegExp(`^mcs_http_request_duration_seconds_count\\{${labels}\\} (\\d+)$`, 'm')
  t.match(text, count('method="GET",route="/v1/numbers/:number",status="200"'))
  t.equal(count('method="GET",route="/v1/numbers/:number",status="200"').exec(text)?.[1], '2')
  t.match(text, count('method="GET",route="none",status="404"'))
  t.match(text, count('method="PUT",route="none",status="405"'))
  t.notMatch(text, /5551/)
})

t.test('requests to MightyCall are counted by route and status, their failures by route and code', async t => {
  const metrics = createMetrics()
  const { onExchange, onFailure } = createRestObserver(metrics)
  onExchange({ route: 'GET /calls', status: 200, seconds: 0.2 })
  onExchange({ route: 'GET /calls', status: null, seconds: 20 })
  onFailure({ route: 'GET /calls', code: 'MCS_REST_UNAVAILABLE' })
  const text = await metrics.registry.metrics()
  t.match(text, 'mcs_mightycall_request_duration_seconds_count{route="GET /calls",status="200"} 1')
  t.match(text, 'mcs_mightycall_request_duration_seconds_count{route="GET /calls",status="none"} 1')
  t.match(text, 'mcs_mightycall_errors_total{route="GET /calls",code="MCS_REST_UNAVAILABLE"} 1')
})

t.test('the pool of connections and the versions are exported', async t => {
  const metrics = createMetrics()
  refreshPoolGauges(metrics, { totalCount: 5, idleCount: 2, waitingCount: 3, options: { max: 10 } as never })
  const text = await metrics.registry.metrics()
  for (const line of [
    'mcs_database_connections{state="idle"} 2',
    'mcs_database_connections{state="active"} 3',
    'mcs_database_connections_max 10',
    'mcs_database_waiting_queries 3'
  ])
    t.match(text, line)
  t.match(text, /^mcs_build_info\{version="\d+\.\d+\.\d+",node_version="\d+\.\d+\.\d+"\} 1$/m)
})
